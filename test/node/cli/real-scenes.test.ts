/** The main job on real rasters, prompts from their labels, every output read back by GDAL, Fiona, Shapely and rasterio. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Prompt } from '../../../src-main/contract/prompt.ts';
import type { SceneInfo } from '../../../src-main/contract/scene.ts';
import type { SegmentResult } from '../../../src-main/contract/segment-result.ts';
import { runThink2seg } from '../../support/command-line.ts';
import { boxesOfCsv, boxesOfMask, type LabelBox } from '../../support/label-boxes.ts';
import { PythonProcess, pythonMissing } from '../../support/python.ts';
import { sharedDataMissing, sharedPath } from '../../support/shared-data.ts';

const reason = sharedDataMissing ?? pythonMissing(['rasterio', 'fiona', 'shapely']) ?? ogrinfoMissing();

function ogrinfoMissing(): string | null {
  const missing =
    spawnSync('ogrinfo', ['--version']).error === undefined ? null : 'ogrinfo (gdal-bin) is not installed';
  if (missing !== null && process.env['T2S_REQUIRE_PYTHON'] === '1') {
    throw new Error(missing);
  }
  return missing;
}

function promptOf(box: LabelBox, ...points: [number, number][]): Prompt {
  const [x0, y0, x1, y1] = box;
  return { bbox_2d: [...box], positive_points: points.length > 0 ? points : [[(x0 + x1) / 2, (y0 + y1) / 2]] };
}

async function promptsOfMask(path: string, minPixels: number, limit: number): Promise<Prompt[]> {
  return (await boxesOfMask(path, minPixels)).slice(0, limit).map((box) => promptOf(box));
}

async function promptsOfCsv(path: string, limit: number): Promise<Prompt[]> {
  return (await boxesOfCsv(path)).slice(0, limit).map((box) => promptOf(box));
}

const scenes: { name: string; raster: string; prompts: () => Promise<Prompt[]>; question: string }[] = [
  {
    name: 'NAIP lakes (5 m, four bands)',
    raster: 'data/aerial_satellite/m_4709963_se_14_1_20180716.tif',
    // Outlined by eye: two lakes in the middle and in the east.
    prompts: () =>
      Promise.resolve([
        promptOf([382, 385, 555, 522], [470, 450], [500, 490]),
        promptOf([752, 412, 898, 510], [785, 450], [800, 485]),
      ]),
    question: 'Which is the largest body of water?',
  },
  {
    name: 'Landsat river (big-endian, geographic)',
    raster: 'data/aerial_satellite/2020.tif',
    // Two oxbow lakes south of the river, by eye.
    prompts: () =>
      Promise.resolve([promptOf([255, 195, 290, 250], [261, 235]), promptOf([303, 260, 368, 288], [330, 281])]),
    question: 'Where is open water?',
  },
  {
    name: 'drone (2 cm)',
    raster: 'data/drone/australia.tif',
    // Bounds of the one polygon of australia.shp, in pixels of 0.018 m.
    prompts: () => Promise.resolve([promptOf([240, 129, 660, 597], [450, 360], [430, 330])]),
    question: 'Where is a building?',
  },
  {
    name: 'Zurich trees (Swiss grid)',
    raster: 'data/labelled_trees_mask_zurich/1091-322_00_img.tif',
    prompts: () => promptsOfMask('data/labelled_trees_mask_zurich/1091-322_00_mask.tif', 60, 12),
    question: 'Where are buildings?',
  },
  {
    name: 'NEON trees (0.1 m)',
    raster: 'data/labelled_trees_neon/OSBS_029.tif',
    prompts: () => promptsOfCsv('data/labelled_trees_neon/OSBS_029.csv', 12),
    question: 'Where could a car be parked?',
  },
  {
    name: 'Atlanta buildings (16 bit, one band)',
    raster: 'data/labelled_buildings_spacenet/sample_geotiff.tif',
    prompts: () => promptsOfMask('data/labelled_buildings_spacenet/sample_fp_mask_from_geojson.tif', 100, 20),
    question: 'Where do people live?',
  },
];

interface VectorFacts {
  valid: boolean[];
  areas: number[];
  unionArea: number;
  epsg: number | null;
  fields: Record<string, string>;
  properties: Record<string, unknown>[];
}

/** What RFC 7946 asks for: no crs member, longitude and latitude in range, closed rings that follow the right-hand rule. */
function checkRfc7946(text: string): void {
  const collection = JSON.parse(text) as {
    type: string;
    features: { type: string; geometry: { type: string; coordinates: unknown }; properties: unknown }[];
  };
  expect(collection.type).toBe('FeatureCollection');
  expect(collection).not.toHaveProperty('crs');
  for (const { type, geometry } of collection.features) {
    expect(type).toBe('Feature');
    expect(['Polygon', 'MultiPolygon']).toContain(geometry.type);
    const polygons = (geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates) as number[][][][];
    for (const polygon of polygons) {
      polygon.forEach((ring, ringIndex) => {
        expect(ring.length).toBeGreaterThanOrEqual(4);
        expect(ring[0]).toEqual(ring.at(-1));
        let twiceArea = 0;
        ring.forEach(([lon = 0, lat = 0], index) => {
          expect(Math.abs(lon)).toBeLessThanOrEqual(180);
          expect(Math.abs(lat)).toBeLessThanOrEqual(90);
          const [nextLon = 0, nextLat = 0] = ring[(index + 1) % ring.length] ?? [];
          twiceArea += lon * nextLat - nextLon * lat;
        });
        expect(Math.sign(twiceArea)).toBe(ringIndex === 0 ? 1 : -1);
      });
    }
  }
}

describe.skipIf(reason !== null)(`real scenes${reason === null ? '' : ` (skipped: ${reason})`}`, () => {
  let folder: string;
  let oracle: PythonProcess;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'think2seg-real-'));
    oracle = new PythonProcess(resolve(import.meta.dirname, '../../support/output_oracle.py'));
  });

  afterAll(async () => {
    oracle.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function segment(...args: string[]): Promise<SegmentResult> {
    const { stdout, stderr, status } = await runThink2seg(['segment', ...args, '--json', '--quiet'], { cwd: folder });
    expect(stderr).toBe('');
    expect(status).toBe(0);
    return JSON.parse(stdout) as SegmentResult;
  }

  it.each(scenes)('$name: prompts from labels', async ({ raster, prompts }) => {
    const question = 'Größte Fläche? 最大的';
    await writeFile(join(folder, 'prompts.json'), JSON.stringify(await prompts()));
    const outputs = ['gpkg', 'shp', 'geojson', 'fgb'].flatMap((format) => ['-o', `out.${format}`]);
    const result = await segment(
      ...[sharedPath(raster), '--query', question, '--prompts', 'prompts.json', '--simplify', '0'],
      ...[...outputs, '--mask', 'out.tif', '--overwrite'],
    );
    expect(result.features).toBeGreaterThan(0);

    const { stdout } = await runThink2seg(['info', sharedPath(raster)]);
    const info = JSON.parse(stdout) as SceneInfo;
    const mask = (await oracle.ask({ op: 'raster', path: join(folder, 'out.tif') })) as unknown as {
      epsg: number;
      transform: number[];
      samples: number[];
    };
    expect(mask.epsg).toBe(info.crs?.epsg);
    const [a = 0, b = 0, , d = 0, e = 0] = mask.transform;
    const pixelArea = Math.abs(a * e - b * d);
    const maskPixels = mask.samples.filter((value) => value > 0).length;

    for (const format of ['gpkg', 'shp', 'fgb', 'geojson']) {
      const path = join(folder, `out.${format}`);
      const facts = (await oracle.ask({ op: 'vector', path })) as unknown as VectorFacts;
      expect(facts.valid, format).toEqual(facts.valid.map(() => true));
      expect(facts.areas, format).toHaveLength(result.features);
      expect(facts.properties[0]?.['question'], format).toBe(question);
      expect(new Set(Object.keys(facts.fields)).size).toBe(Object.keys(facts.fields).length);
      expect(facts.epsg, format).toBe(format === 'geojson' ? 4326 : info.crs?.epsg);
      if (format !== 'geojson') {
        // Without simplification every polygon consists of whole pixels, and together they cover those of the mask.
        expect(facts.unionArea / pixelArea, format).toBeCloseTo(maskPixels, 2);
      }
      const ogrinfo = spawnSync('ogrinfo', ['-al', '-so', path], { encoding: 'utf8' });
      expect(ogrinfo.status, ogrinfo.stderr).toBe(0);
      expect(ogrinfo.stdout).toContain(`Feature Count: ${result.features}`);
      expect(ogrinfo.stderr).toBe('');
    }
    checkRfc7946(await readFile(join(folder, 'out.geojson'), 'utf8'));
  });

  it.each(scenes)('$name: a question', async ({ raster, question }) => {
    const result = await segment(sharedPath(raster), '--query', question, '-o', 'asked.geojson', '--overwrite');
    expect(result.reasoning).toMatch(/^The question/);
    expect(result.status).toBe(result.prompts.length === 0 ? 'no-target' : 'ok');
    checkRfc7946(await readFile(join(folder, 'asked.geojson'), 'utf8'));
  });
});
