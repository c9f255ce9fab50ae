import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchDesktop, type DesktopApp } from '../support/desktop-app.ts';
import { electronMissing } from '../support/electron-runtime.ts';

describe.skipIf(electronMissing !== null)(`the window ${electronMissing ?? ''}`, () => {
  let desktop: DesktopApp;

  beforeAll(async () => {
    desktop = await launchDesktop();
  });
  afterAll(() => desktop.close());

  it('gets the two functions of the preload and nothing of Node', async () => {
    const seen = await desktop.window.evaluate(() => ({
      bridge: Object.entries(window.think2seg).map(([name, value]) => `${name}: ${typeof value}`),
      node: ['require', 'process', 'module', 'Buffer', 'global'].filter((name) => name in window),
    }));
    expect(seen).toEqual({ bridge: ['call: function', 'listen: function'], node: [] });
  });

  it('loads from the program itself, without a complaint', async () => {
    expect(desktop.window.url()).toBe('t2s-app://window/index.html');
    expect(await desktop.window.title()).toBe('Think2Seg Desktop');
    expect(desktop.problems).toEqual([]);
  });
});
