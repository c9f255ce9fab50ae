import { describe, expect, it } from 'vitest';
import { History } from '../../../src-renderer/state/history.ts';

describe('History', () => {
  it('goes back and forth over steps and names the next one', () => {
    const history = new History(0);
    history.apply('one', () => 1);
    history.apply('two', () => 2);
    history.undo();
    expect([history.value.get(), history.state.get()]).toEqual([1, { undoLabel: 'one', redoLabel: 'two' }]);
    history.redo();
    history.undo();
    history.undo();
    expect([history.value.get(), history.state.get()]).toEqual([0, { undoLabel: null, redoLabel: 'one' }]);
  });

  it('makes one step of a drag, and another one of the next drag', () => {
    const history = new History(0);
    for (const [value, drag] of [
      [1, 'a'],
      [2, 'a'],
      [3, 'b'],
      [4, 'b'],
    ] as const) {
      history.apply('move', () => value, drag);
    }
    history.undo();
    expect(history.value.get()).toBe(2);
    history.undo();
    expect(history.value.get()).toBe(0);
  });

  it('does not let a drag continue what was undone', () => {
    const history = new History(0);
    history.apply('move', () => 1, 'a');
    history.apply('other', () => 2);
    history.undo();
    history.apply('move', () => 3, 'a');
    history.undo();
    expect(history.value.get()).toBe(1);
  });

  it('forgets what was undone once something else is done, and steps that change nothing', () => {
    const history = new History(0);
    history.apply('one', () => 1);
    history.undo();
    history.apply('same', (value) => value);
    expect(history.state.get().redoLabel).toBe('one');
    history.apply('other', () => 9);
    history.redo();
    expect(history.value.get()).toBe(9);
  });

  it('completes the present without a step', () => {
    const history = new History({ prompt: 'a', outline: '' });
    history.apply('edit', () => ({ prompt: 'b', outline: '' }));
    history.amend((value) => ({ ...value, outline: 'of b' }));
    expect(history.value.get().outline).toBe('of b');
    history.undo();
    expect(history.value.get()).toEqual({ prompt: 'a', outline: '' });
    history.redo();
    expect(history.value.get()).toEqual({ prompt: 'b', outline: 'of b' });
  });
});
