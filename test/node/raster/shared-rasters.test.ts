import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openScene } from '../../../src-main/core/raster/open-raster.ts';
import { sceneInfo, sceneStatistics } from '../../../src-main/core/raster/scene-info.ts';
import { fromJsonNumber } from '../../../src-main/contract/json-number.ts';
import type { BandStatistics } from '../../../src-main/contract/scene.ts';
import type { SampleArray } from '../../../src-main/core/ports.ts';
import { sharedDataMissing, sharedPath } from '../../support/shared-data.ts';

interface Reference {
  width: number;
  height: number;
  count: number;
  types: string[];
  nodata: (number | 'nan' | null)[];
  colors: string[];
  epsg: number | null;
  hasCrs: boolean;
  gcps: number;
  gcpsEpsg: number | null;
  transform: number[] | null;
  overviews: number[];
  scales: number[];
  offsets: number[];
  descriptions: (string | null)[];
  statistics: (BandStatistics | null)[];
  sha256: string;
  validSha256: string;
  windows: { window: [number, number, number, number]; sha256: string; validSha256: string }[];
  overviewReads: { factor: number; width: number; height: number; sha256: string }[];
  /** Of JPEGs only: what libjpeg-turbo makes of them; rasterio's wheels hold IJG libjpeg 9, which differs. */
  turbo?: { sha256: string; statistics: BandStatistics[] };
  publishedSha256?: string;
  readError?: string;
}

const { files } = JSON.parse(
  readFileSync(resolve(import.meta.dirname, '../../fixtures/raster-reference.json'), 'utf8'),
) as { files: Record<string, Reference> };

/** Rasters that cannot be read, and why that is right. */
const refused: Record<string, { code: string; why: string }> = {
  'formats_rasterio_cc0/corrupt.tif': {
    code: 'INPUT_CORRUPT',
    why: 'the block table was damaged on purpose: tiles lie beyond the end of the file, rasterio fails too',
  },
};

const never = new AbortController().signal;

function sha(bands: readonly SampleArray[]): string {
  const hash = createHash('sha256');
  for (const band of bands) {
    hash.update(new Uint8Array(band.buffer, band.byteOffset, band.byteLength));
  }
  return hash.digest('hex');
}

describe.skipIf(sharedDataMissing !== null)('every raster of the shared data, against rasterio', () => {
  it('covers them all', () => {
    expect(Object.keys(files).length).toBe(62);
    expect(Object.keys(files).filter((name) => files[name]?.readError !== undefined)).toEqual(Object.keys(refused));
  });

  it.each(Object.entries(files).filter(([name]) => refused[name] === undefined))('%s', async (name, reference) => {
    const scene = await openScene(sharedPath(`data/${name}`), never);
    try {
      const { info } = scene;
      expect([info.width, info.height]).toEqual([reference.width, reference.height]);
      expect(info.bands.map(({ type }) => type)).toEqual(reference.types);
      expect(info.bands.map(({ nodata }) => nodata)).toEqual(reference.nodata);
      expect(info.bands.map(({ colorInterpretation }) => colorInterpretation)).toEqual(reference.colors);
      expect(info.bands.map(({ scale }) => scale ?? 1)).toEqual(reference.scales);
      expect(info.bands.map(({ offset }) => offset ?? 0)).toEqual(reference.offsets);
      expect(info.bands.map(({ description }) => description ?? null)).toEqual(reference.descriptions);
      expect(info.crs?.epsg ?? null).toBe(reference.epsg ?? reference.gcpsEpsg);
      expect(info.crs !== null).toBe(reference.hasCrs || reference.gcpsEpsg !== null);
      expect(info.transform).toEqual(reference.transform?.map((value) => expect.closeTo(value, 9) as number) ?? null);
      expect(info.overviews).toEqual(reference.overviews);
      if (reference.gcps > 0) {
        expect(info.warnings.join(' ')).toContain(`${reference.gcps} ground control points`);
        // Pixels are written as pixels, whatever CRS the points are in.
        expect([info.transform, scene.crs]).toEqual([null, null]);
      }

      const expected = reference.turbo?.statistics ?? reference.statistics;
      const statistics = await sceneStatistics(scene, never);
      expect(statistics.map((band) => band && { ...band, mean: 0 })).toEqual(
        expected.map((band) => band && { ...band, mean: 0 }),
      );
      statistics.forEach((band, index) => {
        const mean = fromJsonNumber(expected[index]?.mean ?? 0);
        expect(Math.abs(fromJsonNumber(band?.mean ?? 0) - mean)).toBeLessThanOrEqual(
          1e-9 * Math.max(1, Math.abs(mean)),
        );
      });

      const bands = info.bands.map((_, index) => index + 1);
      const { width, height } = info;
      const whole = await scene.readWindow(
        { windowPx: { x: 0, y: 0, width, height }, outWidth: width, outHeight: height, bands },
        never,
      );
      expect(sha(whole.bands)).toBe(
        reference.publishedSha256 && !reference.turbo
          ? reference.publishedSha256
          : (reference.turbo?.sha256 ?? reference.sha256),
      );
      expect(sha([whole.valid])).toBe(reference.validSha256);

      for (const sample of reference.windows) {
        const [x, y, w, h] = sample.window;
        const read = await scene.readWindow(
          { windowPx: { x, y, width: w, height: h }, outWidth: w, outHeight: h, bands },
          never,
        );
        expect(sha([read.valid])).toBe(sample.validSha256);
        if (reference.turbo === undefined) {
          expect(sha(read.bands)).toBe(sample.sha256);
        }
      }
      if (reference.turbo === undefined) {
        for (const overview of reference.overviewReads) {
          const read = await scene.readWindow(
            { windowPx: { x: 0, y: 0, width, height }, outWidth: overview.width, outHeight: overview.height, bands },
            never,
          );
          expect(sha(read.bands), `overview ${overview.factor}`).toBe(overview.sha256);
        }
      }
    } finally {
      await scene.close();
    }
  });

  it.each(Object.entries(refused))('%s is refused', async (name, { code }) => {
    await expect(sceneInfo(sharedPath(`data/${name}`), { stats: true }, never)).rejects.toMatchObject({ code });
  });
});
