import { execFile, execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { unzipSync, zipSync } from 'fflate';
import { PNG } from 'pngjs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { RunRecord } from '../../../src-main/contract/run-record.ts';
import { qmlStyle } from '../../../src-main/core/export/qml-style.ts';
import { colorForResult } from '../../../src-renderer/state/result-colors.ts';
import { qgisMissing } from '../../support/qgis.ts';
import { QgisHome } from '../../support/qgis-plugin.ts';

/** QGIS takes seconds to start, and so does the program below it. */
vi.setConfig({ testTimeout: 300_000 });

const root = resolve(import.meta.dirname, '../../..');
const scene = join(root, 'resources/sample/harbour.tif');
const question = 'Where is liquid fuel kept in bulk?';
const noTarget = 'Where are ships built?';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'think2seg-qgis-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function zipFromZone(zone: string): Promise<Buffer> {
  const path = join(folder, `${zone.replace('/', '-')}.zip`);
  await promisify(execFile)(process.execPath, [join(root, 'resources/qgis/build-zip.mjs'), path], {
    env: { ...process.env, TZ: zone },
  });
  return readFile(path);
}

describe('the zip of the QGIS plugin', () => {
  it('has the same bytes wherever it is made', async () => {
    const [here, there] = [await zipFromZone('UTC'), await zipFromZone('Asia/Tokyo')];
    expect(here.equals(there)).toBe(true);
  });

  it('holds one folder with what QGIS wants of a plugin', async () => {
    const entries = unzipSync(await zipFromZone('UTC'));
    const names = Object.keys(entries);
    expect(names.every((name) => name.startsWith('think2seg/'))).toBe(true);
    expect(names).toEqual(
      expect.arrayContaining(['__init__.py', 'metadata.txt', 'LICENSE', 'icon.svg'].map((name) => `think2seg/${name}`)),
    );
    const metadata = Buffer.from(entries['think2seg/metadata.txt'] ?? []).toString('utf8');
    for (const key of ['name', 'qgisMinimumVersion', 'description', 'about', 'version', 'author']) {
      expect(metadata).toMatch(new RegExp(`^${key}=.+$`, 'm'));
    }
    expect(metadata).toMatch(/^hasProcessingProvider=yes$/m);
    // The address of nobody is no contact; QGIS needs none to install from a file.
    expect(metadata).not.toMatch(/^email=/m);
  });

  it('draws a result as the desktop draws the first one', async () => {
    const qml = await readFile(join(root, 'resources/qgis/think2seg/result.qml'), 'utf8');
    expect(qml).toBe(qmlStyle({ color: colorForResult(0), opacity: 1 }));
  });
});

describe.skipIf(qgisMissing !== null)(`the plugin in QGIS (${qgisMissing ?? 'Debian'})`, () => {
  let home: QgisHome;
  let program: string;
  let outputs: string;

  beforeAll(async () => {
    const directory = join(folder, 'a home with spaces');
    await mkdir(directory);
    home = await QgisHome.make(directory);
    program = await home.installProgram();
    outputs = join(directory, 'answers');
    await mkdir(outputs);
    const enabled = await home.process('plugins', 'enable', 'think2seg');
    expect(enabled.stdout).toContain('Enabled think2seg (Think2Seg)');
  });

  const start = () => [{ step: 'start' }, { step: 'set program', path: program }];

  it('asks, shows the reasoning and a bar that only grows, and loads the answer in its style', async () => {
    const picture =
      process.env['T2S_WRITE_PICTURES'] === '1'
        ? join(root, 'docs/pictures/qgis-plugin.png')
        : join(folder, 'picture.png');
    const [, , asked, drawn] = await home.steps([
      ...start(),
      { step: 'run', raster: scene, parameters: { QUESTION: question, OUTPUT: join(outputs, 'tanks.gpkg') } },
      {
        step: 'run and draw',
        raster: scene,
        size: [640, 640],
        picture,
        parameters: { QUESTION: question, OUTPUT: join(outputs, 'drawn.gpkg') },
      },
    ]);
    const { results, texts, stages, bar } = asked as {
      results: { FEATURES: number; STATUS: string; REASONING: string; AREA_M2: number };
      texts: string[];
      stages: string[];
      bar: number[];
    };
    expect(results.STATUS).toBe('ok');
    expect(results.FEATURES).toBeGreaterThan(0);
    expect(texts.join(' ')).toContain(results.REASONING);
    expect(texts.join(' ')).not.toMatch(/bbox_2d|<think>/);
    expect(stages).toEqual(
      expect.arrayContaining(['Reading the raster', 'Thinking', 'Segmenting', 'Outlining', 'Writing']),
    );
    expect(bar).toEqual([...bar].sort((a, b) => a - b));
    expect(bar.at(-1)).toBeGreaterThan(90);
    expect(ogrFacts(join(outputs, 'tanks.gpkg'))).toEqual({ features: results.FEATURES, crs: 32633 });

    expect(drawn).toMatchObject({
      name: 'Answer',
      features: results.FEATURES,
      crs: 'EPSG:32633',
      fill: [230, 48, 138, 77],
      stroke: [230, 48, 138, 255],
      saved: true,
    });
    expect(shareOfColour(PNG.sync.read(await readFile(picture)), [230, 48, 138])).toBeGreaterThan(0.001);
  });

  it('asks for an extent in another CRS, and takes every option', async () => {
    const output = join(outputs, 'part.geojson');
    const run = await home.process(
      ...['run', 'think2seg:ask', '--', `INPUT=${scene}`, `QUESTION=${question}`, `OUTPUT=${output}`],
      // The north-western quarter of the scene and beyond, in degrees.
      ...['EXTENT=13.4078,13.4102,52.51827,52.5196 [EPSG:4326]', 'SCALE=1', 'SIMPLIFY=0', 'MIN_AREA=20', 'PROVIDER=4'],
      ...['SHARE_GPU=true', 'MEMORY=4G'],
    );
    expect(run).toMatchObject({ status: 0, stdout: expect.stringMatching(/STATUS:\tok/) as string });
    const { think2seg: record } = JSON.parse(await readFile(output, 'utf8')) as { think2seg: RunRecord };
    expect(record).toMatchObject({ simplifyPx: 0, minAreaM2: 20, scale: { name: 'whole' } });
    expect(record.windowPx).toMatchObject({ x: 0, y: 0 });
    expect(Math.abs(record.windowPx.width - 512)).toBeLessThan(30);
    expect(Math.abs(record.windowPx.height - 512)).toBeLessThan(30);
  });

  it('gives what the model pointed at as layers', async () => {
    const [output, boxes, points] = ['seen.geojson', 'boxes.gpkg', 'points.gpkg'].map((name) => join(outputs, name));
    const run = await home.process(
      ...['run', 'think2seg:ask', '--', `INPUT=${scene}`, `QUESTION=${question}`, `OUTPUT=${output}`],
      ...[`BOXES=${boxes}`, `POINTS=${points}`, 'SCALE=1', 'EXTENT=13.4078,13.4102,52.51827,52.5196 [EPSG:4326]'],
    );
    expect(run).toMatchObject({ status: 0 });
    const { think2seg: record } = JSON.parse(await readFile(output!, 'utf8')) as { think2seg: RunRecord };
    const { prompts, promptFrame, windowPx, transform } = record;
    expect(prompts.length).toBeGreaterThan(0);
    const [a, b, c, d, e, f] = transform!;
    const toMap = ([x, y]: readonly [number, number]): [number, number] => {
      const column = windowPx.x + (x / promptFrame.width) * windowPx.width;
      const row = windowPx.y + (y / promptFrame.height) * windowPx.height;
      return [a * column + b * row + c, d * column + e * row + f];
    };
    const drawnBoxes = ogrFeatures(boxes!);
    prompts.forEach(({ bbox_2d: [x0, y0, x1, y1] = [NaN, NaN, NaN, NaN] }, index) => {
      const ring = (drawnBoxes[index]!.geometry.coordinates as number[][][])[0]!;
      expect(drawnBoxes[index]!.properties['prompt']).toBe(index + 1);
      [[x0, y0] as const, [x1, y0] as const, [x1, y1] as const].forEach((corner, at) =>
        toMap(corner).forEach((value, axis) => expect(ring[at]![axis]).toBeCloseTo(value, 6)),
      );
    });
    const expected = prompts.flatMap(({ positive_points: positive = [] }) => positive.map(toMap));
    const set = ogrFeatures(points!);
    expect(set.map(({ properties }) => properties['positive'])).toEqual(expected.map(() => 1));
    set.forEach(({ geometry }, index) =>
      expected[index]!.forEach((value, axis) => expect(geometry.coordinates[axis]).toBeCloseTo(value, 6)),
    );
    expect(ogrFacts(boxes!)).toEqual({ features: prompts.length, crs: 32633 });
  });

  it('shows what is said of tiles', async () => {
    const parameters = { QUESTION: question, SCALE: 2, OUTPUT: join(outputs, 'tiles.gpkg') };
    const [, , asked] = await home.steps([...start(), { step: 'run', raster: scene, parameters }]);
    const { texts, results } = asked as { texts: string[]; results: { REASONING: string } };
    const said = texts.filter((text) => /^tile \d+ of \d+: /.test(text));
    expect(said.length).toBeGreaterThan(0);
    for (const text of said) {
      expect(results.REASONING).toContain(text.replace(/^tile \d+ of \d+: /, ''));
    }
  });

  it('shows the reasoning of every answer, and no answer', () => {
    const events = [1, 2].flatMap((part) => [
      { stage: 'seeing' },
      { stage: 'thinking', text: `<think>Part ${part} has tanks.</think>` },
      { stage: 'thinking', text: '<answer>[{"bbox_2d":[1,2,3,4]}]' },
    ]);
    const script = [
      'import importlib.util, json, sys',
      'spec = importlib.util.spec_from_file_location("progress_log", sys.argv[1])',
      'module = importlib.util.module_from_spec(spec)',
      'spec.loader.exec_module(module)',
      'class Feedback:',
      '    def pushInfo(self, text): print(text)',
      '    def setProgressText(self, text): pass',
      '    def setProgress(self, percent): pass',
      'log = module.ProgressLog(Feedback())',
      'for event in json.loads(sys.argv[2]): log.take(json.dumps(event))',
      'log.end()',
    ].join('\n');
    const file = join(root, 'resources/qgis/think2seg/progress_log.py');
    const printed = execFileSync('/usr/bin/python3', ['-c', script, file, JSON.stringify(events)], {
      encoding: 'utf8',
    });
    expect(printed).toBe('Part 1 has tanks.\nPart 2 has tanks.\n');
  });

  it('puts an answer in the place of an older one and of what belonged to that, at a relative path too', async () => {
    const script = [
      'import importlib.util, os, sys, types',
      'core = types.ModuleType("qgis.core")',
      'core.QgsProcessingException = RuntimeError',
      'sys.modules.update({"qgis": types.ModuleType("qgis"), "qgis.core": core})',
      'spec = importlib.util.spec_from_file_location("finished_files", sys.argv[1])',
      'module = importlib.util.module_from_spec(spec)',
      'spec.loader.exec_module(module)',
      'os.chdir(sys.argv[2])',
      'for name in sys.argv[3:]:',
      '    try:',
      '        with module.finished_file(name) as unfinished:',
      '            open(unfinished, "w").write("new")',
      '            if name == "other.shp": open(unfinished[:-3] + "prj", "w").write("new")',
      '    except RuntimeError as error: print(error)',
    ].join('\n');
    const directory = await mkdtemp(join(folder, 'finished-'));
    for (const name of ['p.shp', 'p.qix', 'p.prj', 'other.prj', 'a.gpkg', 'a.gpkg-shm', 'open.gpkg', 'open.gpkg-wal']) {
      await writeFile(join(directory, name), 'old');
    }
    await writeFile(join(directory, 'a.gpkg-wal'), '');
    const file = join(root, 'resources/qgis/think2seg/finished_files.py');
    const outputPaths = ['p.shp', 'a.gpkg', 'other.shp', 'open.gpkg'];
    const printed = execFileSync('/usr/bin/python3', ['-c', script, file, directory, ...outputPaths], {
      encoding: 'utf8',
    });
    const [foreign, open, ...more] = printed.trim().split('\n');
    expect(foreign).toMatch(/^OUTPUT_NOT_WRITABLE: .*other\.prj exists already and is no part of .*other\.shp/);
    expect(open).toMatch(/^OUTPUT_NOT_WRITABLE: .*open\.gpkg has changes that a program has not written back/);
    expect(more).toEqual([]);
    const found = await readdir(directory);
    const contents = await Promise.all(found.sort().map((name) => readFile(join(directory, name), 'utf8')));
    expect(Object.fromEntries(found.map((name, index) => [name, contents[index]]))).toEqual({
      'a.gpkg': 'new',
      'open.gpkg': 'old',
      'open.gpkg-wal': 'old',
      'other.prj': 'old',
      'p.shp': 'new',
    });
  });

  it('is a step of a model', async () => {
    const model = join(outputs, 'ask and buffer.model3');
    const [, , saved] = await home.steps([...start(), { step: 'save model', question, distanceM: 2, model }]);
    expect(saved).toEqual({ saved: true, valid: [true, []] });
    const output = join(outputs, 'buffered.gpkg');
    const run = await home.process('run', model, '--', `raster=${scene}`, `buffer:buffered=${output}`);
    expect(run.status).toBe(0);
    expect(ogrFacts(output)).toEqual({ features: expect.any(Number) as number, crs: 32633 });
    expect(ogrFacts(output).features).toBeGreaterThan(0);
  });

  it('works through the rows of the batch window, past one that fails', async () => {
    const corrupt = join(folder, 'corrupt.tif');
    const bytes = await readFile(scene);
    await writeFile(corrupt, bytes.fill(0, Math.round(bytes.length * 0.4), Math.round(bytes.length * 0.6)));
    const row = (raster: string, text: string, name: string) => ({
      INPUT: raster,
      QUESTION: text,
      OUTPUT: join(outputs, name),
    });
    const [, , batch] = await home.steps([
      ...start(),
      {
        step: 'batch',
        rows: [
          row(scene, question, 'row1.gpkg'),
          row(corrupt, question, 'row2.gpkg'),
          row(scene, noTarget, 'row3.shp'),
        ],
      },
    ]);
    expect(batch).toEqual({
      results: [
        expect.objectContaining({ STATUS: 'ok' }),
        expect.objectContaining({ STATUS: 'no-target', FEATURES: 0 }),
      ],
      errors: [[expect.stringContaining('INPUT_CORRUPT: ')]],
    });
    expect(ogrFacts(join(outputs, 'row3.shp')).features).toBe(0);
    expect((await readdir(outputs)).filter((name) => name.startsWith('.') || name.startsWith('row2'))).toEqual([]);
  });

  it('ends the program when it is cancelled, and leaves no half file', async () => {
    const output = join(outputs, 'cancelled.gpkg');
    const [, , cancelled] = await home.steps([
      ...start(),
      { step: 'cancel', atStage: 'Thinking', raster: scene, parameters: { QUESTION: question, OUTPUT: output } },
    ]);
    expect(cancelled).toMatchObject({ results: {}, cancelled: true, programsLeft: [] });
    expect(cancelled?.['secondsToEnd']).toBeLessThan(10);
    expect((await readdir(outputs)).filter((name) => name.startsWith('.') || name.startsWith('cancelled'))).toEqual([]);
  });

  it('says what is wrong, and what to do', async () => {
    const placeless = join(folder, 'placeless.png');
    const picture = new PNG({ width: 64, height: 48 });
    await writeFile(placeless, PNG.sync.write(picture));
    const archive = join(folder, 'scene.zip');
    await writeFile(archive, zipSync({ 'scene.tif': await readFile(scene) }, { level: 0 }));
    const broken = join(folder, 'broken');
    await writeFile(broken, 'no program');
    await chmod(broken, 0o755);
    const run = (over: object, parameters: object = {}) => ({
      step: 'run',
      raster: scene,
      parameters: { QUESTION: question, OUTPUT: join(outputs, 'wrong.gpkg'), ...parameters },
      ...over,
    });
    const steps = [
      run({ raster: 'type=xyz&url=file:///tmp/%7Bz%7D/%7Bx%7D/%7By%7D.png', kind: 'wms' }),
      run({ raster: `/vsizip/${archive}/scene.tif` }),
      run({ raster: placeless }),
      run({ raster: placeless, crs: 'EPSG:32633' }),
      run({ crs: 'EPSG:3857' }),
      run({}, { EXTENT: '0,10,0,10 [EPSG:32633]' }),
      run({}, { PACK: 'no-such-pack' }),
      run({}, { QUESTION: ' ' }),
      run({}, { MEMORY: 'lots' }),
      run({}, { OUTPUT: '/proc/no/such/place.gpkg' }),
      { step: 'set program', path: placeless },
      run({}),
      { step: 'set program', path: broken },
      run({}),
      { step: 'set program', path: '', searchPath: '/nowhere' },
      run({}),
      { step: 'set program', path: '/bin/true' },
      run({}),
    ];
    const reports = await home.steps([...start(), ...steps]);
    expect(reports.map(({ error }) => error).filter((error) => error !== undefined)).toEqual([
      expect.stringMatching(/^RASTER_NOT_A_FILE: .* kind wms.*Save As/),
      expect.stringMatching(/^RASTER_NOT_A_FILE: .* an archive or a server/),
      expect.stringMatching(/^RASTER_WITHOUT_CRS: .*Assign projection/),
      expect.stringMatching(/^RASTER_WITHOUT_CRS: .*Assign projection/),
      expect.stringMatching(/^RASTER_CRS_OVERRIDDEN: .*EPSG:3857.*EPSG:32633/),
      expect.stringMatching(/^WINDOW_OUTSIDE: /),
      expect.stringMatching(/^PACK_NOT_FOUND: /),
      expect.stringMatching(/^USAGE: .*ask a question/),
      expect.stringMatching(/^USAGE: --memory got "lots"/),
      expect.stringMatching(/^OUTPUT_NOT_WRITABLE: /),
      expect.stringMatching(/^PROGRAM_NOT_FOUND: .*placeless.*Options/),
      expect.stringMatching(/^PROGRAM_NOT_STARTED: .*broken/),
      expect.stringMatching(/^PROGRAM_NOT_FOUND: .*on PATH; install it.*Options/),
      expect.stringMatching(/^PROGRAM_UNKNOWN: /),
    ]);
    expect((await readdir(outputs)).filter((name) => name.startsWith('.') || name.startsWith('wrong'))).toEqual([]);
  });
});

interface GeoFeature {
  readonly properties: Record<string, unknown>;
  readonly geometry: { readonly coordinates: readonly unknown[] };
}

/** Features as GDAL reads them, in their own CRS. */
function ogrFeatures(path: string): GeoFeature[] {
  const text = execFileSync('ogr2ogr', ['-f', 'GeoJSON', '-lco', 'COORDINATE_PRECISION=9', '/vsistdout/', path], {
    encoding: 'utf8',
  });
  return (JSON.parse(text) as { features: GeoFeature[] }).features;
}

function ogrFacts(path: string): { features: number; crs: number } {
  const text = execFileSync('ogrinfo', ['-so', '-al', '-nomd', path], { encoding: 'utf8' });
  return {
    features: Number(/Feature Count: (\d+)/.exec(text)?.[1]),
    crs: Number([...text.matchAll(/ID\["EPSG",(\d+)\]\]/g)].at(-1)?.[1]),
  };
}

/** How much of a picture is within a few grey values of a colour. */
function shareOfColour({ data, width, height }: PNG, [red, green, blue]: [number, number, number]): number {
  let count = 0;
  for (let at = 0; at < data.length; at += 4) {
    const distance = Math.abs(data[at]! - red) + Math.abs(data[at + 1]! - green) + Math.abs(data[at + 2]! - blue);
    count += distance < 24 ? 1 : 0;
  }
  return count / (width * height);
}
