import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { crsFromEpsg } from '../../../src-main/core/crs/from-epsg.ts';
import { createFeatureWriter } from '../../../src-main/core/export/feature-writer.ts';
import { writeMaskGeoTiff } from '../../../src-main/core/export/mask-geotiff.ts';
import { checkOutputWritable, removeScratch, withAtomicOutputs } from '../../../src-main/core/files/atomic-write.ts';
import { KnownDigests } from '../../../src-main/core/files/known-digests.ts';
import { sha256OfFile } from '../../../src-main/core/files/sha256.ts';
import { buildEntry, type BuiltEntry } from '../../support/build-entry.ts';
import { feature, runRecord, squareWithHole } from '../../support/output-samples.ts';

const root = mkdtempSync(join(tmpdir(), 't2s-files-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let folder = root;
beforeEach(() => {
  folder = mkdtempSync(join(root, 'case-'));
});

const replacing = { overwrite: true };
const keeping = { overwrite: false };

describe('withAtomicOutputs', () => {
  test('moves complete files into place and leaves nothing else', async () => {
    const paths = [join(folder, 'a.txt'), join(folder, 'b.txt')] as const;
    await withAtomicOutputs(paths, keeping, async ([a, b], files) => {
      expect(existsSync(paths[0])).toBe(false);
      await files.writeFile(a, 'A');
      await files.writeFile(b, new Uint8Array([66]));
    });
    expect(paths.map((path) => readFileSync(path, 'utf8'))).toEqual(['A', 'B']);
    expect(readdirSync(folder)).toEqual(['a.txt', 'b.txt']);
  });

  test('a failure leaves the old files and no scratch', async () => {
    const path = join(folder, 'a.txt');
    writeFileSync(path, 'old');
    const failing = withAtomicOutputs([path], replacing, async ([a], files) => {
      await files.writeFile(a, 'new');
      throw new Error('midway');
    });
    await expect(failing).rejects.toThrow('midway');
    expect(readFileSync(path, 'utf8')).toBe('old');
    expect(readdirSync(folder)).toEqual(['a.txt']);
  });

  test('an abort while writing leaves nothing', async () => {
    const abort = new AbortController();
    const path = join(folder, 'a.txt');
    const aborted = withAtomicOutputs([path], { ...keeping, signal: abort.signal }, async ([a], files) => {
      await files.writeFile(a, 'new');
      abort.abort();
    });
    await expect(aborted).rejects.toMatchObject({ name: 'AbortError' });
    expect(readdirSync(folder)).toEqual([]);
  });

  test('a sibling that cannot be moved brings the others back', async () => {
    const paths = [join(folder, 'a.shp'), join(folder, 'a.dbf')] as const;
    writeFileSync(paths[0], 'old');
    const failing = withAtomicOutputs(paths, replacing, async ([a, b], files) => {
      await files.writeFile(a, 'new');
      await files.writeFile(b, 'new');
      // Appears after the last look: a folder cannot be replaced by a file.
      mkdirSync(join(paths[1], 'inside'), { recursive: true });
    });
    await expect(failing).rejects.toMatchObject({ code: 'OUTPUT_NOT_WRITABLE' });
    expect(readFileSync(paths[0], 'utf8')).toBe('old');
  });

  test('a file that appeared meanwhile is not replaced', async () => {
    const path = join(folder, 'a.txt');
    const racing = withAtomicOutputs([path], keeping, async ([a], files) => {
      await files.writeFile(a, 'ours');
      writeFileSync(path, 'theirs');
    });
    await expect(racing).rejects.toMatchObject({ code: 'OUTPUT_EXISTS' });
    expect(readFileSync(path, 'utf8')).toBe('theirs');
  });

  test('what was promised and not written is an error', async () => {
    await expect(withAtomicOutputs([join(folder, 'a.txt')], keeping, () => Promise.resolve())).rejects.toThrow();
    expect(readdirSync(folder)).toEqual([]);
  });

  test('the scratch folder of a killed process can be removed by its name', async () => {
    const path = join(folder, 'a.txt');
    await withAtomicOutputs([path], { ...keeping, scratchName: '.think2seg-mine' }, async ([a], files) => {
      expect(a.startsWith(join(folder, '.think2seg-mine'))).toBe(true);
      await files.writeFile(a, 'A');
    });
    mkdirSync(join(folder, '.think2seg-left', 'x'), { recursive: true });
    await removeScratch(path, '.think2seg-left');
    expect(readdirSync(folder)).toEqual(['a.txt']);
    await expect(removeScratch(path, '../elsewhere')).rejects.toMatchObject({ code: 'INTERNAL' });
  });
});

describe('checkOutputWritable', () => {
  test('says what is wrong before the work starts', async () => {
    writeFileSync(join(folder, 'there.gpkg'), '');
    mkdirSync(join(folder, 'folder.gpkg'));
    symlinkSync(join(folder, 'nowhere'), join(folder, 'link.gpkg'));
    writeFileSync(join(folder, 'half.dbf'), '');
    const problem = (name: string, overwrite = false) =>
      checkOutputWritable(join(folder, name), overwrite).then(
        () => 'fine',
        (error: unknown) => (error as { code: string }).code,
      );
    expect(await problem('new.gpkg')).toBe('fine');
    expect(await problem('there.gpkg')).toBe('OUTPUT_EXISTS');
    expect(await problem('there.gpkg', true)).toBe('fine');
    expect(await problem('half.shp')).toBe('OUTPUT_EXISTS');
    expect(await problem('link.gpkg')).toBe('OUTPUT_EXISTS');
    expect(await problem('folder.gpkg', true)).toBe('OUTPUT_NOT_WRITABLE');
    expect(await problem('missing/new.gpkg')).toBe('OUTPUT_NOT_WRITABLE');
    expect(await problem('there.gpkg/new.gpkg')).toBe('OUTPUT_NOT_WRITABLE');
    expect(readdirSync(folder).sort()).toEqual(['folder.gpkg', 'half.dbf', 'link.gpkg', 'there.gpkg']);
  });

  test.runIf(existsSync('/proc/self'))('a folder nobody may write to, also not the administrator', async () => {
    await expect(checkOutputWritable('/proc/out.gpkg', false)).rejects.toMatchObject({ code: 'OUTPUT_NOT_WRITABLE' });
    await expect(checkOutputWritable('/dev/full', true)).rejects.toMatchObject({ code: 'OUTPUT_NOT_WRITABLE' });
  });

  test('the message of a missing folder says what to do', async () => {
    await expect(checkOutputWritable(join(folder, 'missing', 'a.gpkg'), false)).rejects.toThrow(
      /does not exist; create it/,
    );
  });
});

describe('a process killed between the renames of several files', () => {
  const names = ['a.shp', 'a.shx', 'a.dbf', 'a.prj'];
  let entry: BuiltEntry;
  beforeAll(async () => {
    entry = await buildEntry('test/support/replace-entry.ts');
  });
  afterAll(() => entry.remove());

  const states = (): (string | null)[] =>
    names.map((name) => (existsSync(join(folder, name)) ? readFileSync(join(folder, name), 'utf8') : null));

  /** Replaces the old files in a process that ends at a rename; whether it came to its end. */
  const replaceAndDie = (renamesBeforeDeath: number): boolean => {
    names.forEach((name) => writeFileSync(join(folder, name), 'old'));
    writeFileSync(join(folder, 'a.qix'), 'old');
    const ended = spawnSync(process.execPath, [entry.path, ...names.map((name) => join(folder, name))], {
      env: { ...process.env, T2S_KILL_AT: String(renamesBeforeDeath) },
      encoding: 'utf8',
    });
    expect([ended.signal, ended.status, ended.stderr]).toEqual(
      ended.signal === null ? [null, 0, ''] : ['SIGKILL', null, ''],
    );
    return ended.signal === null;
  };

  test('never leaves a mixture that opens, and the next writer finishes it', { timeout: 60_000 }, async () => {
    let deaths = 0;
    for (; ; deaths += 1) {
      folder = mkdtempSync(join(root, 'killed-'));
      const isDone = replaceAndDie(deaths);
      const found = states();
      // Without its main file nothing is opened.
      expect(found[0] === null || new Set(found).size === 1, `rename ${deaths}: ${String(found)}`).toBe(true);
      expect(existsSync(join(folder, 'a.qix')) && found[0] === 'new').toBe(false);
      if (isDone) {
        break;
      }
      await checkOutputWritable(join(folder, 'a.shp'), true);
      // The first rename makes the journal: before it nothing has begun.
      expect(states()).toEqual(names.map(() => (deaths === 0 ? 'old' : 'new')));
      expect(existsSync(join(folder, 'a.qix'))).toBe(deaths === 0);
    }
    expect(deaths).toBe(1 + 2 * names.length + 1);
    expect(readdirSync(folder)).toEqual([...names].sort());
  });

  test('who killed it can finish it by the name of its scratch folder', async () => {
    replaceAndDie(4);
    const scratch = readdirSync(folder).find((name) => name.startsWith('.think2seg-')) ?? '';
    await removeScratch(join(folder, 'a.shp'), scratch);
    expect(states()).toEqual(names.map(() => 'new'));
    expect(readdirSync(folder)).toEqual([...names].sort());
  });

  test('other outputs in the folder do not touch it, and neither does a process elsewhere', async () => {
    replaceAndDie(4);
    const scratch = readdirSync(folder).find((name) => name.startsWith('.think2seg-')) ?? '';
    const before = states();
    await checkOutputWritable(join(folder, 'b.shp'), true);
    expect(states()).toEqual(before);
    const journal = join(folder, scratch, 'replacing.json');
    writeFileSync(journal, readFileSync(journal, 'utf8').replace(/"host":"[^"]*"/u, '"host":"elsewhere"'));
    await expect(checkOutputWritable(join(folder, 'a.shp'), true)).rejects.toMatchObject({ code: 'OUTPUT_EXISTS' });
    expect(states()).toEqual(before);
  });
});

const smallDisk = join(root, 'disk');
mkdirSync(smallDisk);
const isMounted =
  process.platform === 'linux' &&
  spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', smallDisk]).status === 0;
afterAll(() => {
  if (isMounted) {
    execFileSync('umount', [smallDisk]);
  }
});

describe.runIf(isMounted)('a full disk', () => {
  const features = Array.from({ length: 3000 }, (_, index) =>
    feature(index + 1, [squareWithHole(2_600_000 + index * 50, 1_200_000, 40)]),
  );

  test.each(['full.geojson', 'full.gpkg', 'full.shp', 'full.fgb'])('%s leaves nothing and says so', async (name) => {
    const crs = await crsFromEpsg(2056);
    const writing = createFeatureWriter().write(
      {
        path: join(smallDisk, name),
        layerName: 'x',
        features,
        crs,
        runRecord: runRecord(crs),
        overwrite: false,
        scratchName: `.think2seg-${name}`,
      },
      new AbortController().signal,
    );
    await expect(writing).rejects.toMatchObject({ code: 'OUTPUT_FULL' });
    expect(readdirSync(smallDisk)).toEqual([]);
  });

  test('a format whose last bytes do not fit', async () => {
    const crs = await crsFromEpsg(2056);
    // Sizes between "the source does not fit" and "all fits": whatever happens, no torn file may appear.
    for (const count of [150, 200, 250, 300, 350, 400, 500]) {
      for (const extension of ['gpkg', 'shp', 'fgb']) {
        const path = join(smallDisk, `edge.${extension}`);
        const { files } = await createFeatureWriter()
          .write(
            {
              path,
              layerName: 'x',
              features: features.slice(0, count),
              crs,
              runRecord: runRecord(crs),
              overwrite: false,
              scratchName: `.think2seg-${count}-${extension}`,
            },
            new AbortController().signal,
          )
          .catch((error: unknown) => {
            expect(error).toMatchObject({ code: 'OUTPUT_FULL' });
            return { files: [] };
          });
        expect(readdirSync(smallDisk).length).toBe(files.length);
        const ogrinfo = files.length === 0 ? null : spawnSync('ogrinfo', ['-al', '-so', path], { encoding: 'utf8' });
        if (ogrinfo?.error === undefined && ogrinfo !== null) {
          expect(ogrinfo.stdout).toContain(`Feature Count: ${count}`);
        }
        files.forEach((file) => rmSync(file));
      }
    }
  });

  test('a mask', async () => {
    const data = Uint16Array.from({ length: 1_000_000 }, (_, index) => (index * 2654435761) % 65536);
    const writing = writeMaskGeoTiff(
      {
        path: join(smallDisk, 'mask.tif'),
        width: 1000,
        height: 1000,
        data,
        transform: null,
        crs: null,
        runRecord: runRecord(null),
        overwrite: false,
      },
      new AbortController().signal,
    );
    await expect(writing).rejects.toMatchObject({ code: 'OUTPUT_FULL' });
    expect(readdirSync(smallDisk)).toEqual([]);
  });
});

test('sha256OfFile gives sum and size', async () => {
  const path = join(folder, 'abc');
  writeFileSync(path, 'abc');
  const { signal } = new AbortController();
  expect(await sha256OfFile(path, signal)).toEqual({
    bytes: 3,
    sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  });
  await expect(sha256OfFile(join(folder, 'missing'), signal)).rejects.toMatchObject({ code: 'INPUT_NOT_READABLE' });
});

test('KnownDigests reads again what has changed, also when size and time of writing say otherwise', async () => {
  const path = join(folder, 'abc');
  const { signal } = new AbortController();
  const digests = new KnownDigests();
  writeFileSync(path, 'abc');
  const first = await digests.of(path, signal);
  expect(first).toEqual(await sha256OfFile(path, signal));
  expect(await digests.of(path, signal)).toBe(first);
  const { atime, mtime } = statSync(path);
  writeFileSync(path, 'abd');
  utimesSync(path, atime, mtime);
  expect(await digests.of(path, signal)).toEqual(await sha256OfFile(path, signal));
  await expect(digests.of(join(folder, 'missing'), signal)).rejects.toMatchObject({ code: 'INPUT_NOT_READABLE' });
});
