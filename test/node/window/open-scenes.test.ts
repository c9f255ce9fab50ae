import { describe, expect, it, vi } from 'vitest';
import type { SceneDisplay } from '../../../src-main/contract/scene-display.ts';
import { OpenScenes } from '../../../src-renderer/scenes/open-scenes.ts';
import { fakeCalls } from '../../support/fake-calls.ts';
import { squareScene } from '../../support/scene-displays.ts';

const path = '/data/scene.tif';

function start(hasChanged = false) {
  let sidePx = 10;
  let grants = 0;
  const held: (() => true)[] = [];
  const { call, made } = fakeCalls({
    'scene.display': () =>
      new Promise<SceneDisplay>((resolve) => {
        const display = squareScene(sidePx++, 1, null);
        held.push(() => {
          resolve(display);
          return true;
        });
      }),
    'raster.grant': () => ({ url: `t2s-raster://${++grants}/scene.tif`, bytes: 1 }),
    'raster.changed': () => hasChanged,
    'raster.revoke': () => null,
  });
  return {
    scenes: new OpenScenes(call),
    answerNext: () => held.shift()?.(),
    revoked: () => made.filter(({ route }) => route === 'raster.revoke').map(({ input }) => input),
  };
}

describe('OpenScenes', () => {
  it('reads a file anew after no layer showed it, and takes back the address of before', async () => {
    const { scenes, answerNext, revoked } = start();
    const first = scenes.open(path, '/cache');
    answerNext();
    expect((await first).display.info.width).toBe(10);
    await scenes.follow(new Set([path]));
    expect(revoked()).toEqual([]);
    await scenes.follow(new Set());
    expect([scenes.states.get().size, revoked()]).toEqual([0, [{ url: 't2s-raster://1/scene.tif' }]]);
    const second = scenes.open(path, '/cache');
    answerNext();
    expect(await second).toMatchObject({ url: 't2s-raster://2/scene.tif', display: { info: { width: 11 } } });
  });

  it('keeps nothing of a file that was let go while it was being opened, and all of the next opening of it', async () => {
    const { scenes, answerNext, revoked } = start();
    await scenes.follow(new Set([path]));
    const first = scenes.open(path, '/cache');
    await scenes.follow(new Set());
    const second = scenes.open(path, '/cache');
    answerNext();
    await expect(first).rejects.toMatchObject({ code: 'CANCELLED' });
    expect([revoked(), scenes.states.get().get(path)?.kind]).toEqual([
      [{ url: 't2s-raster://1/scene.tif' }],
      'opening',
    ]);
    answerNext();
    expect(scenes.open(path, '/cache')).toBe(second);
    expect((await second).url).toBe('t2s-raster://2/scene.tif');
    expect(scenes.states.get().get(path)?.kind).toBe('open');
  });

  it('lets go of a path only when the document named it: one may be opened before it becomes a layer', async () => {
    const { scenes, answerNext } = start();
    const opening = scenes.open(path, '/cache');
    await scenes.follow(new Set(['/data/other.tif']));
    await scenes.follow(new Set());
    answerNext();
    await opening;
    expect(scenes.states.get().get(path)?.kind).toBe('open');
  });

  it('reads a file anew that has changed, shows the old one until then, and takes back its address', async () => {
    const { scenes, answerNext, revoked } = start(true);
    const first = scenes.open(path, '/cache');
    answerNext();
    await first;
    const kinds: (number | string | undefined)[] = [];
    scenes.states.subscribe((states) => {
      const state = states.get(path);
      kinds.push(state?.kind === 'open' ? state.scene.display.info.width : state?.kind);
    });
    const told = [scenes.readChanged(path, '/cache'), scenes.readChanged(path, '/cache')];
    await vi.waitFor(() => expect(answerNext()).toBe(true));
    expect(await Promise.all(told)).toEqual([true, true]);
    expect([kinds, revoked()]).toEqual([[10, 11], [{ url: 't2s-raster://1/scene.tif' }]]);
    expect((await scenes.open(path, '/cache')).url).toBe('t2s-raster://2/scene.tif');
  });

  it('leaves a file alone that has not changed, or is not open', async () => {
    const { scenes, answerNext, revoked } = start();
    expect(await scenes.readChanged(path, '/cache')).toBe(false);
    const first = scenes.open(path, '/cache');
    answerNext();
    await first;
    expect([await scenes.readChanged(path, '/cache'), revoked()]).toEqual([false, []]);
  });

  it('stops an opening on request, tells the engine, and opens the file when it is asked for again', async () => {
    const { scenes, answerNext } = start();
    const first = scenes.open(path, '/cache');
    scenes.cancel(path);
    await expect(first).rejects.toMatchObject({ code: 'CANCELLED' });
    const second = scenes.open(path, '/cache');
    answerNext();
    answerNext();
    expect((await second).url).toBe('t2s-raster://1/scene.tif');
    // What is open stays so.
    scenes.cancel(path);
    expect(scenes.states.get().get(path)?.kind).toBe('open');
  });
});
