import { describe, expect, it } from 'vitest';
import { actionFor, keysOf, shortcuts, type KeyContext, type KeyPress } from '../../../src-renderer/state/shortcuts.ts';

const press = (key: string, changes: Partial<KeyPress> = {}): KeyPress => ({
  key,
  code: '',
  isComposing: false,
  ctrlKey: false,
  metaKey: false,
  shiftKey: false,
  altKey: false,
  ...changes,
});
const context = (changes: Partial<KeyContext> = {}): KeyContext => ({
  isMac: false,
  inText: false,
  onMap: false,
  inDialog: false,
  ...changes,
});

describe('shortcuts', () => {
  it.each([
    ['Ctrl+Z undoes', press('z', { ctrlKey: true }), {}, 'undo'],
    ['Shift makes it redo, and the key a capital', press('Z', { ctrlKey: true, shiftKey: true }), {}, 'redo'],
    ['Command on a Mac', press('z', { metaKey: true }), { isMac: true }, 'undo'],
    ['not the other one', press('z', { metaKey: true }), {}, null],
    ['a text field has an undo of its own', press('z', { ctrlKey: true }), { inText: true }, null],
    ['letters belong to the text', press('s'), { inText: true }, null],
    ['saving does not', press('s', { ctrlKey: true }), { inText: true }, 'save-project'],
    ['S accepts', press('s'), {}, 'accept'],
    ['Delete deletes the object', press('Delete'), {}, 'delete'],
    ['and a letter while typing', press('Delete'), { inText: true }, null],
    ['Enter exports from the map', press('Enter'), { onMap: true }, 'export'],
    ['and presses a button elsewhere', press('Enter'), {}, null],
    ['Tab cycles on the map', press('Tab'), { onMap: true }, 'next-instance'],
    ['and moves the focus elsewhere', press('Tab'), {}, null],
    ['Esc cancels while typing too', press('Escape'), { inText: true }, 'cancel'],
    ['a dialog keeps its keys', press('Escape'), { inDialog: true }, null],
    ['+ needs Shift on some keyboards', press('+', { shiftKey: true }), {}, 'zoom-in'],
    ['a Cyrillic keyboard undoes', press('я', { code: 'KeyZ', ctrlKey: true }), {}, 'undo'],
    ['and accepts', press('ы', { code: 'KeyS' }), {}, 'accept'],
    ['a French one goes by its letters', press('z', { code: 'KeyW', ctrlKey: true }), {}, 'undo'],
    ['a Turkish one too', press('ğ', { code: 'KeyE', ctrlKey: true }), {}, null],
    ['a word in the making keeps its keys', press('Escape', { isComposing: true }), { inText: true }, null],
    ['Alt is for the menu', press('s', { altKey: true }), {}, null],
  ] as const)('%s', (_, key, changes, action) => expect(actionFor(key, context(changes))).toBe(action));

  it('gives no key two meanings in one place', () => {
    const places = shortcuts.flatMap(({ key, mod, shift, where, action }) =>
      (where === 'map' ? ['map'] : ['map', 'elsewhere']).map((place) => ({
        chord: `${mod ?? false} ${shift ?? false} ${key} ${place}`,
        action,
      })),
    );
    const doubled = places.filter((one) =>
      places.some((other) => other.chord === one.chord && other.action !== one.action),
    );
    expect(doubled).toEqual([]);
  });

  it('writes keys as each system does', () => {
    const redo = shortcuts.find(({ action }) => action === 'redo')!;
    expect([keysOf(redo, false), keysOf(redo, true)]).toEqual(['Ctrl+Shift+Z', '⌘⇧Z']);
  });
});
