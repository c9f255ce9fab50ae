import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Autosave } from '../../../src-main/app/autosave.ts';
import { ChosenPaths } from '../../../src-main/app/chosen-paths.ts';
import { filesOfArguments } from '../../../src-main/app/opened-files.ts';
import { ProjectFiles, readProject, writeProject } from '../../../src-main/app/project-file.ts';
import { RecentFiles } from '../../../src-main/app/recent-files.ts';
import { defaultSettings, SettingsStore } from '../../../src-main/app/settings.ts';
import { removeUnfinishedFiles } from '../../../src-main/app/unfinished-files.ts';
import type { Project } from '../../../src-main/contract/project.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'think2seg-own-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function projectWith(rasterPath: string): Project {
  return {
    format: 'think2seg-project',
    version: 1,
    savedAt: '2026-01-01T00:00:00Z',
    rasters: [
      {
        id: 'a',
        path: rasterPath,
        visible: true,
        opacity: 1,
        rgbBands: [1, 2, 3],
        stretch: [
          { low: 0, high: 255 },
          { low: 0, high: 255 },
          { low: 0, high: 255 },
        ],
      },
    ],
    results: [],
    activeRasterId: null,
    view: null,
    questionHistory: ['where?'],
  };
}

describe('project files', () => {
  it('move with their rasters', async () => {
    const [before, after] = [join(folder, 'before'), join(folder, 'after')];
    [before, after].forEach((place) => mkdirSync(join(place, 'data'), { recursive: true }));
    await writeProject(join(before, 'work.t2s'), projectWith(join(before, 'data', 'scene.tif')));
    const stored = readFileSync(join(before, 'work.t2s'), 'utf8');
    expect(stored).toContain('"path": "data/scene.tif"');
    writeFileSync(join(after, 'work.t2s'), stored);
    expect(await readProject(join(after, 'work.t2s'))).toEqual(projectWith(join(after, 'data', 'scene.tif')));
  });

  it.each([
    ['{"format":"think2seg-project","version":2}', 'INPUT_UNSUPPORTED', /version 2.*up to 1/u],
    ['{"format":"something-else","version":1}', 'INPUT_CORRUPT', /not a Think2Seg project/u],
    ['{"format":"think2seg-project","version":1}', 'INPUT_CORRUPT', /savedAt/u],
    ['II*', 'INPUT_CORRUPT', /not JSON/u],
  ])('say what is wrong with %s', async (content, code, message) => {
    const path = join(folder, 'wrong.t2s');
    writeFileSync(path, content);
    await expect(readProject(path)).rejects.toMatchObject({ code, message: expect.stringMatching(message) as string });
  });

  it('stay as they were when the new content is no project', async () => {
    const path = join(folder, 'work.t2s');
    await writeProject(path, projectWith(join(folder, 'scene.tif')));
    await expect(writeProject(path, { rasters: [] })).rejects.toMatchObject({ code: 'INPUT_CORRUPT' });
    expect(await readProject(path)).toEqual(projectWith(join(folder, 'scene.tif')));
    expect(readdirSync(folder)).toEqual(['work.t2s']);
  });

  it('are not replaced unasked where somebody else wrote them meanwhile', async () => {
    const path = join(folder, 'work.t2s');
    const [mine, theirs] = [projectWith(join(folder, 'mine.tif')), projectWith(join(folder, 'theirs.tif'))];
    const asked: string[] = [];
    let mayReplace = false;
    const files = (): ProjectFiles =>
      new ProjectFiles((about) => {
        asked.push(about);
        return Promise.resolve(mayReplace);
      });
    const here = files();
    await here.write(path, mine);
    await here.write(path, mine);
    await here.read(path);
    await here.write(path, mine);
    expect(asked).toEqual([]);

    await writeProject(path, theirs);
    await expect(here.write(path, mine)).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(asked).toEqual([path]);
    expect(await readProject(path)).toEqual(theirs);
    mayReplace = true;
    await here.write(path, mine);
    await here.write(path, mine);
    expect(asked).toHaveLength(2);
    expect(await readProject(path)).toEqual(mine);

    rmSync(path);
    await here.write(path, mine);
    expect(asked).toHaveLength(2);
  });

  it('are not replaced unasked either by work that a crash left before they were written', async () => {
    const path = join(folder, 'work.t2s');
    await writeProject(path, projectWith(join(folder, 'theirs.tif')));
    const asked: string[] = [];
    for (const savedAt of ['2026-01-01T00:00:00.000Z', new Date(Date.now() + 60_000).toISOString()]) {
      const files = new ProjectFiles((about) => {
        asked.push(savedAt);
        return Promise.resolve(about !== path);
      });
      await files.goOnWith(path, savedAt);
      await files.write(path, projectWith(join(folder, 'mine.tif'))).catch(() => undefined);
    }
    expect(asked).toEqual(['2026-01-01T00:00:00.000Z']);
    expect(await readProject(path)).toEqual(projectWith(join(folder, 'mine.tif')));
  });

  it('tell a folder that cannot be written', async () => {
    writeFileSync(join(folder, 'file'), '');
    await expect(writeProject(join(folder, 'file', 'work.t2s'), projectWith('/a'))).rejects.toMatchObject({
      code: 'OUTPUT_NOT_WRITABLE',
    });
  });
});

describe('settings', () => {
  it('survive a restart', async () => {
    const path = join(folder, 'settings.json');
    const { store } = await SettingsStore.open(path);
    expect(store.current).toEqual(defaultSettings);
    await store.change({ theme: 'dark', threads: undefined });
    expect((await SettingsStore.open(path)).store.current).toEqual({ ...defaultSettings, theme: 'dark' });
  });

  it.each(['{', '{"theme":"pink"}', 'null'])('that read %s are kept aside, and the user is told', async (content) => {
    const path = join(folder, 'settings.json');
    writeFileSync(path, content);
    const { store, note } = await SettingsStore.open(path);
    expect(store.current).toEqual(defaultSettings);
    expect(note).toContain(`${path}.bad`);
    expect(readFileSync(`${path}.bad`, 'utf8')).toBe(content);
  });
});

describe('recent files', () => {
  it('are newest first, each once, and only those that are still there', async () => {
    const path = join(folder, 'recent.json');
    const [a, b] = [join(folder, 'a.tif'), join(folder, 'b.tif')];
    writeFileSync(a, '');
    writeFileSync(b, '');
    const { recent } = await RecentFiles.open(path);
    await recent.add(a);
    await recent.add(b);
    await recent.add(a);
    expect((await RecentFiles.open(path)).recent.existing()).toEqual([a, b]);
    rmSync(a);
    expect((await RecentFiles.open(path)).recent.existing()).toEqual([b]);
  });

  it('fail nobody where the list cannot be kept, which is told once until it can be', async () => {
    const blocked = join(folder, 'blocked');
    writeFileSync(blocked, '');
    const { recent } = await RecentFiles.open(join(blocked, 'recent.json'));
    const told: string[] = [];
    recent.onProblem = ({ code }) => told.push(code);
    const listed: string[][] = [];
    recent.onChange = (existing) => listed.push(existing);
    await recent.add(join(folder, 'a.tif'));
    await recent.add(blocked);
    expect([told, listed]).toEqual([['OUTPUT_NOT_WRITABLE'], [[], [blocked]]]);
    rmSync(blocked);
    await recent.add(join(folder, 'b.tif'));
    writeFileSync(join(folder, 'b.tif'), '');
    expect((await RecentFiles.open(join(blocked, 'recent.json'))).recent.existing()).toContain(join(folder, 'b.tif'));
    rmSync(blocked, { recursive: true });
    writeFileSync(blocked, '');
    await recent.add(join(folder, 'c.tif'));
    expect(told).toHaveLength(2);
  });
});

describe('the automatic copy', () => {
  const textOf = (rasterPath: string): string => JSON.stringify(projectWith(rasterPath));

  it('is there after a kill and gone after it was given up, in the order of the calls', async () => {
    const path = join(folder, 'autosave.json');
    const autosave = new Autosave(path);
    void autosave.write(null, textOf('/first.tif'));
    await autosave.write('/work.t2s', textOf('/second.tif'));
    const { recovery } = await new Autosave(path).read();
    expect(recovery).toMatchObject({ projectPath: '/work.t2s', project: projectWith('/second.tif') });
    void autosave.write(null, textOf('/third.tif'));
    await autosave.discard();
    expect(await new Autosave(path).read()).toEqual({ recovery: null, note: undefined });
  });

  it.each(['{"rasters": 1}', '1}, {"x": [', ''])('is put aside when it holds no project: %j', async (projectText) => {
    const path = join(folder, 'autosave.json');
    await new Autosave(path).write(null, projectText);
    expect(await new Autosave(path).read()).toMatchObject({
      recovery: null,
      note: expect.stringContaining(`kept as ${path}.bad`) as string,
    });
  });
});

describe('paths that the window may use', () => {
  it('are those that were chosen, and what lies in a chosen folder', () => {
    const chosen = new ChosenPaths(['/program/pack']);
    chosen.allowReading('/data/scene.tif', '/imports/pack');
    chosen.allowWriting('/data/out.gpkg');
    expect(chosen.assertReadable('/data/scene.tif')).toBe('/data/scene.tif');
    expect(chosen.assertReadable('/imports/pack/lvlm/config.json')).toBe('/imports/pack/lvlm/config.json');
    expect(chosen.assertReadable('/program/pack/pack.json')).toBe('/program/pack/pack.json');
    expect(chosen.assertWritable('/data/../data/out.gpkg')).toBe('/data/out.gpkg');
  });

  it.each([
    '/data/other.tif',
    '/program/pack-of-others/x',
    '/imports/pack/../secret',
    '/data/scene.tif/../../etc/passwd',
  ])('are not %s', (path) => {
    const chosen = new ChosenPaths(['/program/pack']);
    chosen.allowReading('/data/scene.tif', '/imports/pack');
    expect(() => chosen.assertReadable(path)).toThrow(/was not opened by the user/u);
    expect(() => chosen.assertWritable(path)).toThrow(/was not chosen by the user/u);
  });
});

describe('files of the command line', () => {
  it('are the plain arguments behind the program, if they exist', () => {
    const scene = join(folder, 'scene.tif');
    writeFileSync(scene, '');
    const argv = ['/electron', '--no-sandbox', '/checkout', 'scene.tif', '--flag', 'missing.tif'];
    expect(filesOfArguments(argv, folder, false)).toEqual([scene]);
    expect(filesOfArguments(['/opt/think2seg', scene], '/', true)).toEqual([scene]);
  });
});

describe('removeUnfinishedFiles', () => {
  it('removes the hidden folder of a lost call and nothing else', async () => {
    mkdirSync(join(folder, '.think2seg-1', 'part'), { recursive: true });
    mkdirSync(join(folder, '.think2seg-2'));
    writeFileSync(join(folder, 'out.gpkg'), '');
    await removeUnfinishedFiles({ path: join(folder, 'out.gpkg'), scratchName: '.think2seg-1' });
    await removeUnfinishedFiles({ path: join(folder, 'out.gpkg'), scratchName: '../..' });
    expect(readdirSync(folder).sort()).toEqual(['.think2seg-2', 'out.gpkg']);
  });
});
