/** The main job on rasters that were not made for this program: asked, corrected by hand, exported, compared with the screen. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Analyst, roundingM2 } from '../support/analyst.ts';
import { launchDesktop, type DesktopApp } from '../support/desktop-app.ts';
import { electronMissing } from '../support/electron-runtime.ts';
import { PythonProcess, pythonMissing } from '../support/python.ts';
import { sharedDataMissing, sharedPath } from '../support/shared-data.ts';

const missing = electronMissing ?? pythonMissing(['fiona', 'rasterio', 'shapely']) ?? sharedDataMissing;

interface RealRaster {
  readonly path: string;
  readonly epsg: number;
  readonly size: readonly [number, number];
  /** Around something that stands out, in scene pixels. */
  readonly box: readonly [number, number, number, number];
  /** How far areas on the plane of the CRS are from those on the Earth here, as a share. */
  readonly planeError: number;
}

const rasters: readonly (readonly [string, RealRaster])[] = [
  [
    'an aerial picture in EPSG:2056',
    {
      path: 'data/labelled_trees_mask_zurich/1091-322_big.tif',
      epsg: 2056,
      size: [875, 600],
      box: [300, 150, 480, 330],
      planeError: 0.001,
    },
  ],
  [
    'a NAIP scene of four bands',
    {
      path: 'data/aerial_satellite/m_4709963_se_14_1_20180716.tif',
      epsg: 26914,
      size: [934, 724],
      box: [300, 200, 345, 245],
      planeError: 0.001,
    },
  ],
  [
    'a Landsat band of 16 bits',
    {
      path: 'data/formats_rio_tiler/cog.tif',
      epsg: 32621,
      size: [2658, 2667],
      box: [900, 900, 1700, 1700],
      planeError: 0.002,
    },
  ],
];

describe.skipIf(missing !== null)(`the main job on real rasters ${missing ?? ''}`, () => {
  let folder: string;
  let desktop: DesktopApp;
  let analyst: Analyst;
  let python: PythonProcess;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'think2seg-real-'));
    python = new PythonProcess(resolve(import.meta.dirname, '../support/output_oracle.py'));
    desktop = await launchDesktop();
    analyst = new Analyst(desktop);
    await analyst.button('Skip the tour').click();
    await analyst.button('Remove harbour.tif').click();
  });
  afterAll(async () => {
    python.close();
    await desktop.close();
    rmSync(folder, { recursive: true, maxRetries: 5 });
  });

  it.each(rasters)('answers, follows a point that is moved, and exports what it shows: %s', async (_, raster) => {
    const { path, epsg, size, box, planeError } = raster;
    await analyst.open(sharedPath(path));
    // Nothing that was said of the raster before.
    expect(await desktop.window.locator('.calm, .good').count()).toBe(0);
    expect(await analyst.ask('Which is the largest body of water?')).toMatch(/found|No target/);
    expect((await analyst.reasoning()).length).toBeGreaterThan(20);
    await analyst.deleteResults();

    await analyst.drawBox(size, box);
    const areas = [await analyst.areasM2()];
    const middle = [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2] as const;
    await analyst.placePoint(size, middle, 'left');
    areas.push(await analyst.areasM2());
    await analyst.fill('Point 1 X', box[0] + 12);
    areas.push(await analyst.areasM2());
    expect(areas.every(([areaM2]) => areaM2 !== null && areaM2 !== undefined && areaM2 > 0)).toBe(true);
    expect(areas[2]).not.toEqual(areas[1]);

    await desktop.window.keyboard.press('Escape');
    const areaM2 = areas[2]?.[0] ?? NaN;
    for (const [format, file] of [
      ['GeoPackage', `${epsg}.gpkg`],
      ['Shapefile', `${epsg}.shp`],
      ['FlatGeobuf', `${epsg}.fgb`],
    ] as const) {
      const written = join(folder, file);
      await analyst.exportTo(format, written);
      const found = await python.ask({ op: 'vector', path: written });
      expect(found).toMatchObject({ epsg, valid: [true] });
      expect(Math.abs((found['unionArea'] as number) - areaM2)).toBeLessThan(planeError * areaM2 + roundingM2(areaM2));
      expect(spawnSync('ogrinfo', ['-so', '-al', written], { encoding: 'utf8' }).stdout).toContain('Feature Count: 1');
      expect(await shownWhere(sharedPath(path), (found['inside'] as [number, number][])[0]!)).toBe(true);
    }
    await analyst.button(`Remove ${path.split('/').at(-1) ?? ''}`).click();
  });

  it('complains of nothing', () => expect(desktop.problems).toEqual([]));

  /** Whether hiding the result changes the screen where GDAL says that its first shape lies. */
  async function shownWhere(path: string, pointMap: [number, number]): Promise<boolean> {
    const place = await analyst.placeOnMap(path, pointMap);
    const shown = await analyst.colourAt(place);
    await analyst.button('Hide').click();
    await expect.poll(() => analyst.colourAt(place)).not.toBe(shown);
    await analyst.button('Show').click();
    await expect.poll(() => analyst.colourAt(place)).toBe(shown);
    return true;
  }
});
