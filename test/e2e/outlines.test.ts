/** Whether the outlines on the screen lie on the objects of the raster below them. */
import { resolve } from 'node:path';
import { PNG } from 'pngjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchDesktop, type DesktopApp } from '../support/desktop-app.ts';
import { electronMissing } from '../support/electron-runtime.ts';
import { mapDrawn, steadyPicture } from '../support/map-screen.ts';

const sample = resolve(import.meta.dirname, '../../resources/sample/harbour.tif');
const question = 'Where is liquid fuel kept in bulk?';
/** A scene that was opened fills the map but for this margin. */
const paddingPx = 24;

describe.skipIf(electronMissing !== null)(`outlines on the map ${electronMissing ?? ''}`, () => {
  let desktop: DesktopApp;

  beforeAll(async () => {
    desktop = await launchDesktop({ args: [sample] });
    await desktop.window.getByRole('application').waitFor();
    await mapDrawn(desktop.window);
  });
  afterAll(() => desktop.close());

  it('cover what the engine outlined, and nothing beside it', async () => {
    const { window } = desktop;
    const place = (await window.getByRole('application').boundingBox())!;
    const before = PNG.sync.read(await steadyPicture(window, place));
    await window.getByRole('textbox', { name: 'Question' }).fill(question);
    await window.keyboard.press('Enter');
    await window.getByText('objects found').waitFor({ timeout: 90_000 });
    const after = PNG.sync.read(await steadyPicture(window, place));
    const isChanged = ([x, y]: readonly [number, number]): boolean => {
      const at = (Math.round(y) * before.width + Math.round(x)) * 4;
      return [0, 1, 2].some((channel) => Math.abs(before.data[at + channel]! - after.data[at + channel]!) > 12);
    };

    const { embeddedPackDirectory } = await desktop.start();
    const answer = await desktop.call('query.ask', {
      rasterPath: sample,
      bands: [1, 2, 3],
      mode: 'native',
      connectivity: 4,
      packDirectory: embeddedPackDirectory,
      provider: 'auto',
      threads: null,
      question,
      target: { kind: 'scene' },
    });
    if (!answer.ok) {
      throw new Error(answer.error.message);
    }
    const [minX, minY, maxX, maxY] = answer.output.runRecord.windowBoundsMap!;
    const { width, height } = before;
    const resolution = Math.max((maxX - minX) / (width - 2 * paddingPx), (maxY - minY) / (height - 2 * paddingPx));
    const onScreen = (x: number, y: number): [number, number] => [
      width / 2 + (x - (minX + maxX) / 2) / resolution,
      height / 2 - (y - (minY + maxY) / 2) / resolution,
    ];
    const outlines = answer.output.instances.map(({ polygonsMap: [polygon] }) => {
      const [ring = []] = polygon?.rings ?? [];
      return Array.from({ length: ring.length / 2 }, (_, at) => onScreen(ring[2 * at]!, ring[2 * at + 1]!));
    });
    expect(outlines.length).toBeGreaterThan(2);
    expect(await window.getByText('objects found').innerText()).toBe(`${outlines.length} objects found`);
    const isOnMap = ([x, y]: readonly [number, number]): boolean => x >= 1 && y >= 1 && x < width - 1 && y < height - 1;
    for (const outline of outlines) {
      const vertices = outline.filter(isOnMap);
      expect(vertices.filter(isChanged).length / vertices.length).toBeGreaterThan(0.95);
    }
    const furthest = Math.max(...outlines.flat().map(([x]) => x));
    const beyond = Array.from({ length: 20 }, (_, at) => [furthest + 30, (height * (at + 1)) / 30] as const);
    expect(beyond.filter(isChanged)).toEqual([]);
  });
});
