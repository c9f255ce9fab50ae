import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { PNG } from 'pngjs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { PackManifest } from '../../../src-main/contract/pack-manifest.ts';
import type { ProgressEvent } from '../../../src-main/contract/progress.ts';
import type { SegmentResult } from '../../../src-main/contract/segment-result.ts';
import { runThink2seg } from '../../support/command-line.ts';
import { makeTiff } from '../../support/make-tiff.ts';
import { childrenOf } from '../../support/process-tree.ts';

const root = resolve(import.meta.dirname, '../../..');
const scene = join(root, 'resources/sample/harbour.tif');
const nano = join(root, 'models/nano');
const onePrompt = '[{"bbox_2d":[100,100,200,180],"positive_points":[[140,130],[160,150]]}]';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'think2seg-cli-'));
  const bytes = await readFile(scene);
  await writeFile(join(folder, 'cut.tif'), bytes.subarray(0, bytes.length / 2));
  await writeFile(join(folder, 'text.tif'), 'this is no raster\n');
  const plain = new PNG({ width: 64, height: 48 });
  plain.data.fill(200);
  await writeFile(join(folder, 'plain.png'), PNG.sync.write(plain));
  const empty = new PNG({ width: 64, height: 48 });
  empty.data.fill(0);
  await writeFile(join(folder, 'transparent.png'), PNG.sync.write(empty));
  // As editors of Windows begin a text.
  await writeFile(join(folder, 'prompts.json'), `\uFEFF${onePrompt}`);
  await writeFile(join(folder, 'misspelt.json'), onePrompt.replace('bbox_2d', 'bbox'));
  await cp(scene, join(folder, 'own.tif'));
  await symlink('own.tif', join(folder, 'link.png'));
  await writeFile(join(folder, 'nonsense.txt'), 'I would rather talk about the weather.');
  await writeFile(join(folder, 'exists.geojson'), 'precious');
  await mkdir(join(folder, 'a folder'));
  await cp(nano, join(folder, 'damaged'), { recursive: true });
  await writeFile(join(folder, 'damaged/lvlm/tokenizer.json'), '{}');
  await cp(nano, join(folder, 'incomplete'), { recursive: true });
  await rm(join(folder, 'incomplete/lvlm/onnx/decoder_model_merged.onnx'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

function segment(...args: string[]) {
  return runThink2seg(['segment', ...args], { cwd: folder });
}

async function segmentJson(...args: string[]): Promise<SegmentResult> {
  const { stdout, stderr, status } = await segment(...args, '--json');
  expect(stderr + String(status)).toMatch(/0$/);
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as SegmentResult;
}

describe('think2seg segment', () => {
  it('answers a question with the embedded pack and writes every format', async () => {
    const result = await segmentJson(
      scene,
      ...['--query', 'Where is liquid fuel kept in bulk?', '--overlay', 'o.png', '--mask', 'm.tif'],
      ...['-o', 'a.geojson', '-o', 'a.gpkg', '-o', 'a.shp', '-o', 'a.fgb'],
    );
    expect(result).toMatchObject({
      schema: 1,
      status: 'ok',
      mode: 'native',
      provider: { lvlm: 'cpu', segmenter: 'cpu' },
    });
    expect(result.features).toBeGreaterThan(0);
    expect(result.reasoning).toMatch(/tank/);
    expect(result.areaM2).toBeGreaterThan(0);
    for (const output of result.outputs) {
      expect(existsSync(output), output).toBe(true);
    }
    expect(result.outputs.map((path) => path.slice(path.indexOf('.')))).toEqual(
      expect.arrayContaining(['.geojson', '.gpkg', '.shp', '.dbf', '.shx', '.prj', '.cpg', '.fgb', '.tif', '.png']),
    );
    const geojson = JSON.parse(await readFile(join(folder, 'a.geojson'), 'utf8')) as {
      features: unknown[];
      think2seg: { question: string; rawAnswer: string; pack: { sha256: string } };
    };
    expect(geojson.features).toHaveLength(result.features);
    expect(geojson.think2seg).toMatchObject({ question: 'Where is liquid fuel kept in bulk?', pack: result.pack });
    expect(geojson.think2seg.rawAnswer).toContain('</answer>');
  });

  it('replays the stored answer to the same polygons, without a language model', async () => {
    const asked = await segmentJson(scene, '--query', 'Where is liquid fuel kept in bulk?', '-o', 'first.geojson');
    const stored = JSON.parse(await readFile(join(folder, 'first.geojson'), 'utf8')) as {
      features: unknown[];
      think2seg: { rawAnswer: string };
    };
    await writeFile(join(folder, 'answer.txt'), stored.think2seg.rawAnswer);
    const replayed = await segmentJson(
      ...[scene, '--query', 'Where is liquid fuel kept in bulk?', '--answer', 'answer.txt', '-o', 'second.geojson'],
    );
    expect(replayed).toMatchObject({ prompts: asked.prompts, areaM2: asked.areaM2, provider: { lvlm: null } });
    const again = JSON.parse(await readFile(join(folder, 'second.geojson'), 'utf8')) as { features: unknown[] };
    expect(again.features).toEqual(stored.features);
  });

  it('takes prompts by hand in window pixels, without a question', async () => {
    const result = await segmentJson(
      scene,
      '--prompts',
      'prompts.json',
      '--window',
      '50,60,400,300',
      '--simplify',
      '0',
    );
    expect(result).toMatchObject({
      status: 'ok',
      reasoning: null,
      prompts: JSON.parse(onePrompt) as unknown,
      window: { x: 50, y: 60, width: 400, height: 300 },
    });
  });

  it('tells a program what it does, one JSON object a line', async () => {
    const told = await segment(scene, '-q', 'Where is liquid fuel kept in bulk?', '--progress', 'json', '--json');
    expect(told.status).toBe(0);
    const events = told.stderr
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as ProgressEvent);
    const { reasoning } = JSON.parse(told.stdout) as SegmentResult;
    expect(events.map(({ text }) => text ?? '').join('')).toContain(reasoning);
    expect([...new Set(events.map(({ stage }) => stage))].slice(0, 4)).toEqual([
      'reading',
      'loading',
      'seeing',
      'thinking',
    ]);
  });

  it('says plainly that coordinates are pixels when there is no georeference', async () => {
    await writeFile(join(folder, 'small.json'), '[{"bbox_2d":[5,5,40,30]}]');
    const result = await segmentJson('plain.png', '--prompts', 'small.json', '-o', 'plain.geojson');
    expect(result).toMatchObject({ crs: null, areaM2: null });
    expect(result.warnings.join()).toContain('no coordinate reference system');
  });

  it.each([
    ['a raster that is not there', ['nowhere.tif', '-q', 'x'], 3, 'INPUT_NOT_FOUND'],
    ['a folder', ['a folder', '-q', 'x'], 3, 'INPUT_NOT_READABLE'],
    ['a text file named .tif', ['text.tif', '-q', 'x'], 3, 'INPUT_NOT_RASTER'],
    ['a truncated raster', ['cut.tif', '-q', 'x'], 3, 'INPUT_CORRUPT'],
    ['an empty window', [scene, '-q', 'x', '--window', '5,5,0,9'], 2, 'WINDOW_EMPTY'],
    ['a window outside', [scene, '-q', 'x', '--window', '90000,0,9,9'], 3, 'WINDOW_OUTSIDE'],
    ['bounds without georeference', ['plain.png', '-q', 'x', '--bbox', '0,0,1,1'], 3, 'GEOREFERENCE_MISSING'],
    ['the raster as its own mask', ['own.tif', '-q', 'x', '--mask', './own.tif', '--overwrite'], 2, 'USAGE'],
    ['the raster under another name', ['own.tif', '-q', 'x', '--overlay', 'link.png', '--overwrite'], 2, 'USAGE'],
    ['a key of prompts that is misspelt', [scene, '--prompts', 'misspelt.json'], 3, 'PROMPTS_INVALID'],
    ['nothing but nodata', ['transparent.png', '-q', 'x'], 3, 'WINDOW_NO_DATA'],
    ['an unknown band', [scene, '-q', 'x', '--bands', '1,2,9'], 3, 'BAND_UNKNOWN'],
    ['a missing prompts file', [scene, '--prompts', 'nowhere.json'], 3, 'INPUT_NOT_FOUND'],
    ['prompts that are no list of prompts', [scene, '--prompts', 'nonsense.txt'], 3, 'PROMPTS_INVALID'],
    ['an answer that is nonsense', [scene, '-q', 'x', '--answer', 'nonsense.txt'], 5, 'ANSWER_MALFORMED'],
    ['a pack that is not there', [scene, '-q', 'x', '--pack', 'no-such-pack'], 4, 'PACK_NOT_FOUND'],
    ['a folder that is no pack', [scene, '-q', 'x', '--pack', 'a folder'], 4, 'PACK_FOREIGN'],
    ['a pack with a wrong sum', [scene, '-q', 'x', '--pack', 'damaged'], 4, 'PACK_DAMAGED'],
    ['a pack with a file missing', [scene, '-q', 'x', '--pack', 'incomplete'], 4, 'PACK_INCOMPLETE'],
    ['a layer name that is reserved', [scene, '-q', 'x', '-o', 'sqlite_tanks.gpkg'], 2, 'OUTPUT_FORMAT'],
    ['two outputs with a file in common', [scene, '-q', 'x', '-o', 'c.shp', '-o', 'c.SHP'], 2, 'USAGE'],
    ['an existing output', [scene, '-q', 'x', '-o', 'exists.geojson'], 6, 'OUTPUT_EXISTS'],
    ['an output in a folder that is not there', [scene, '-q', 'x', '-o', 'no/such/a.gpkg'], 6, 'OUTPUT_NOT_WRITABLE'],
    ['an unknown output format', [scene, '-q', 'x', '-o', 'a.dwg'], 2, 'OUTPUT_FORMAT'],
    ['a provider that is not here', [scene, '-q', 'x', '--provider', 'cuda'], 5, 'PROVIDER_UNAVAILABLE'],
  ] as const)('refuses %s and leaves nothing behind', async (_, args, status, code) => {
    const before = await readdir(folder);
    const withOutput = (args as readonly string[]).includes('-o') ? args : [...args, '-o', 'refused.gpkg'];
    const result = await segment(...withOutput, '--quiet');
    expect(result.stderr).toMatch(new RegExp(`^${code}: .+\n$`));
    expect(result.status).toBe(status);
    expect(result.stdout).toBe('');
    expect(await readdir(folder)).toEqual(before);
    expect(await readFile(join(folder, 'exists.geojson'), 'utf8')).toBe('precious');
  });

  it('names the files of a damaged pack', async () => {
    const { stderr } = await segment(scene, '-q', 'x', '--pack', 'damaged');
    expect(stderr).toContain('lvlm/tokenizer.json');
    const verified = await runThink2seg(['pack', 'verify', 'damaged'], { cwd: folder });
    expect(verified.stdout).toMatch(/lvlm\/tokenizer\.json .*wrong-size/);
    expect(verified.status).toBe(4);
  });

  it('replaces an output only when asked', async () => {
    await writeFile(join(folder, 'old.geojson'), 'old');
    await segmentJson(scene, '--prompts', 'prompts.json', '-o', 'old.geojson', '--overwrite');
    expect(await readFile(join(folder, 'old.geojson'), 'utf8')).toContain('FeatureCollection');
  });

  it.each(['reading', 'loading models', 'thinking', 'segmenting', 'outlining', 'writing'])(
    'ends with status 130 and leaves nothing when it is interrupted while %s',
    async (stage) => {
      const before = await readdir(folder);
      let sent = false;
      const result = await runThink2seg(
        ['segment', scene, '--query', 'Where is liquid fuel kept in bulk?', '-o', `interrupted.gpkg`],
        {
          cwd: folder,
          onStderr: (text, kill) => {
            if (!sent && text.includes(stage)) {
              sent = true;
              kill('SIGINT');
            }
          },
        },
      );
      // The last step may be over before the signal arrives; then the output is complete.
      if (result.status === 0) {
        expect(stage).toBe('writing');
        await rm(join(folder, 'interrupted.gpkg'));
      } else {
        expect(result.status).toBe(130);
        expect(result.stderr).toMatch(/CANCELLED: /);
      }
      expect(await readdir(folder)).toEqual(before);
    },
  );
});

describe('think2seg pack', () => {
  it('lists, inspects and verifies the embedded pack', async () => {
    const environment = { THINK2SEG_PACKS: join(folder, 'packs') };
    const list = await runThink2seg(['pack', 'list', '--json'], { cwd: folder, environment });
    expect(JSON.parse(list.stdout)).toMatchObject([{ id: 'nano', embedded: true, licenceId: 'Apache-2.0' }]);
    const inspected = await runThink2seg(['pack', 'inspect', nano], { cwd: folder, environment });
    expect(inspected.stdout).toContain('Apache License');
    expect((await runThink2seg(['pack', 'verify', 'nano'], { cwd: folder, environment })).status).toBe(0);
  });

  it('hands no command of a pack on to the terminal', async () => {
    const source = join(folder, 'colourful');
    await cp(nano, source, { recursive: true });
    const manifest = JSON.parse(await readFile(join(source, 'pack.json'), 'utf8')) as PackManifest;
    const title = 'Red \u001b[31m\u009b2J\u0007pack\nfolder     /elsewhere';
    const version = '1\u001b[2K\u007f';
    const licence = 'Licence\r\n\tof \u001b]0;title\u0007all';
    const sha256 = createHash('sha256').update(licence).digest('hex');
    const files = manifest.files.map((file) =>
      file.path === manifest.licence.file ? { ...file, bytes: licence.length, sha256 } : file,
    );
    const changed = { ...manifest, id: 'colourful', title, version, files };
    await writeFile(join(source, 'pack.json'), JSON.stringify(changed));
    await writeFile(join(source, manifest.licence.file), licence);
    const options = { cwd: folder, environment: { THINK2SEG_PACKS: folder } };
    const results = await Promise.all([
      runThink2seg(['pack', 'inspect', source], options),
      runThink2seg(['pack', 'list'], options),
      runThink2seg(['pack', 'inspect', source, '--json'], options),
      runThink2seg(['pack', 'verify', source], options),
    ]);
    const [inspected, listed, json] = results.map(({ stdout }) => stdout);
    const said = results.map(({ stdout, stderr }) => stdout + stderr).join('');
    expect(said.match(/[^\P{Cc}\n\t]/gu) ?? []).toEqual([]);
    expect(inspected?.split('\n')[0]).toBe('Red  [31m 2J pack folder     /elsewhere (colourful 1 [2K )');
    expect(inspected).toContain('Licence\n\tof  ]0;title all');
    expect(listed).toContain('colourful');
    expect(JSON.parse(json ?? '')).toMatchObject({ title, version });
  });

  it('imports a pack, uses it by its id, and refuses to replace it unasked', async () => {
    const source = join(folder, 'renamed');
    await cp(nano, source, { recursive: true });
    const manifest = JSON.parse(await readFile(join(source, 'pack.json'), 'utf8')) as PackManifest;
    await writeFile(join(source, 'pack.json'), JSON.stringify({ ...manifest, id: 'my-pack' }));
    const options = { cwd: folder, environment: { THINK2SEG_PACKS: join(folder, 'packs') } };
    const imported = await runThink2seg(['pack', 'import', source], options);
    expect(imported.stdout).toContain('Use it with --pack my-pack');
    expect(imported.status).toBe(0);
    const used = await runThink2seg(
      ['segment', scene, '--prompts', 'prompts.json', '--pack', 'my-pack', '--json', '--quiet'],
      options,
    );
    expect(JSON.parse(used.stdout)).toMatchObject({ pack: { id: 'my-pack' } });
    const again = await runThink2seg(['pack', 'import', source], options);
    expect(again.stderr).toMatch(/^(?:.*\n)*PACK_EXISTS: /);
    expect(again.status).toBe(4);
  });
});

describe('think2seg pack import', () => {
  it('takes a prompt template as its model was trained with it, whatever an editor of Windows added', async () => {
    const source = join(folder, 'foreign');
    await cp(nano, source, { recursive: true });
    await rm(join(source, 'pack.json'));
    const template = join(folder, 'template.txt');
    await writeFile(template, '\uFEFFFind {question}.\r\nMark it.\r\n');
    const licence = ['--licence', 'Apache-2.0', '--licence-file', join(nano, 'LICENSE')];
    const { stdout, stderr } = await runThink2seg(
      ['pack', 'import', source, '--id', 'windows', '--template', template, ...licence, '--frame', '280', '--json'],
      { environment: { THINK2SEG_PACKS: join(folder, 'windows-packs') } },
    );
    expect(stderr).not.toContain(': ');
    expect(JSON.parse(stdout)).toMatchObject({ id: 'windows', promptTemplate: 'Find {question}.\nMark it.' });
  });

  it('leaves nothing behind when its engine dies', async () => {
    const source = join(folder, 'large');
    await cp(nano, source, { recursive: true });
    // Of zeros that are nowhere on the disk; long enough to be found at work.
    await truncate(join(source, 'LICENSE'), 2 ** 31);
    const packs = join(folder, 'killed-packs');
    const importing = runThink2seg(['pack', 'import', source], { environment: { THINK2SEG_PACKS: packs } });
    await vi.waitUntil(
      () => existsSync(packs) && readdirSync(packs).some((name) => name.startsWith('.importing-')),
      30_000,
    );
    const engine = childrenOf(process.pid).find(({ command }) => command.includes('engine.cjs'));
    process.kill(engine?.pid ?? 0, 'SIGKILL');
    const { stderr, status } = await importing;
    expect(stderr).toContain('ENGINE_CRASHED');
    expect(status).toBe(5);
    expect(readdirSync(packs)).toEqual([]);
  });
});

describe('think2seg info and doctor', () => {
  it('info --stats ends with status 130 when it is interrupted', async () => {
    // 14 thousand million samples that were never written: minutes of work in a small file.
    const side = 120_000;
    const tile = 4096;
    const sparseBlocks = Array.from({ length: Math.ceil(side / tile) ** 2 }, (_, index) => index);
    const recipe = { width: side, height: side, bands: 1, tile, sparseBlocks, value: () => 0 };
    await writeFile(join(folder, 'vast.tif'), makeTiff(recipe));
    const interrupted = await runThink2seg(['info', 'vast.tif', '--stats'], {
      cwd: folder,
      interrupt: { signal: 'SIGINT', afterMs: 3000 },
    });
    expect(interrupted).toMatchObject({ status: 130, stdout: '' });
    expect(interrupted.stderr).toMatch(/^CANCELLED: .*; nothing was written\n/);
  });

  it('prints the contract of info', async () => {
    const { stdout } = await runThink2seg(['info', scene, '--stats', '--json']);
    const info = JSON.parse(stdout) as Record<string, unknown> & { bands: Record<string, unknown>[] };
    expect(Object.keys(info)).toEqual(
      expect.arrayContaining([
        'width',
        'height',
        'bands',
        'crs',
        'transform',
        'bounds',
        'overviews',
        'compression',
        'driver',
      ]),
    );
    expect(info.bands[0]?.['type']).toBe('uint8');
    expect(Object.keys(info.bands[0]?.['stats'] ?? {})).toEqual(expect.arrayContaining(['min', 'max', 'mean']));
  });

  it('says of every provider whether it works, and why not', async () => {
    const { stdout, status } = await runThink2seg(['doctor', '--json']);
    expect(status).toBe(0);
    const report = JSON.parse(stdout) as { providers: { provider: string; works: boolean; reason?: string }[] };
    expect(report.providers.map(({ provider }) => provider)).toEqual(['cuda', 'dml', 'webgpu', 'cpu']);
    for (const provider of report.providers.filter(({ works }) => !works)) {
      expect(provider.reason, provider.provider).toBeTruthy();
    }
    expect(report).toMatchObject({ pack: { state: 'ok', id: 'nano' } });
  });
});
