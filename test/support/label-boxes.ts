/** Boxes of labelled objects in ../shared/data, in pixels. */
import { readFile } from 'node:fs/promises';
import { openRaster } from '../../src-main/core/raster/open-raster.ts';
import { traceMask } from '../../src-main/core/vector/trace-mask.ts';
import { sharedPath } from './shared-data.ts';

export type LabelBox = readonly [x0: number, y0: number, x1: number, y1: number];

/** Boxes of the connected parts of a label raster; those under `minPixels` are left out. */
export async function boxesOfMask(path: string, minPixels: number): Promise<LabelBox[]> {
  const { signal } = new AbortController();
  const source = await openRaster(sharedPath(path), signal);
  const { width, height } = source.info;
  const windowPx = { x: 0, y: 0, width, height };
  const window = await source.readWindow({ windowPx, outWidth: width, outHeight: height, bands: [1] }, signal);
  await source.close();
  const labels = Uint8Array.from(window.bands[0] as Uint8Array, (value) => (value > 0 ? 1 : 0));
  return traceMask(labels, width, height, { connectivity: 4 })
    .map(({ parts }) => parts[0]?.rings[0] ?? new Float64Array())
    .map((ring): LabelBox => {
      const xs = [...ring].filter((_, index) => index % 2 === 0);
      const ys = [...ring].filter((_, index) => index % 2 === 1);
      return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
    })
    .filter(([x0, y0, x1, y1]) => (x1 - x0) * (y1 - y0) >= minPixels);
}

/** `image,xmin,ymin,xmax,ymax,label` with a header. */
export async function boxesOfCsv(path: string): Promise<LabelBox[]> {
  const [, ...rows] = (await readFile(sharedPath(path), 'utf8')).trim().split('\n');
  return rows.map((row) => {
    const [x0 = 0, y0 = 0, x1 = 0, y1 = 0] = row.split(',').slice(1, 5).map(Number);
    return [x0, y0, x1, y1];
  });
}
