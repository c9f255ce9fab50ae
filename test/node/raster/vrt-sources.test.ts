import { mkdir, mkdtemp, readdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openScene } from '../../../src-main/core/raster/open-raster.ts';
import type { Scene } from '../../../src-main/core/raster/scene.ts';
import { makeTiff } from '../../support/make-tiff.ts';

const never = new AbortController().signal;
const side = 20;

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'think2seg-vrt-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** A tile whose samples are all `value`. */
async function writeTile(name: string, value: number): Promise<void> {
  const bytes = makeTiff({ width: side, height: side, bands: 1, deflate: true, value: () => value });
  await writeFile(join(folder, name), bytes);
}

/** A source as gdalbuildvrt writes it, `column` tiles from the left. */
function source(name: string, column: number, more = '', kind = 'SimpleSource'): string {
  const size = `xSize="${side}" ySize="${side}"`;
  return (
    `<${kind}><SourceFilename relativeToVRT="1">${name}</SourceFilename><SourceBand>1</SourceBand>` +
    `<SrcRect xOff="0" yOff="0" ${size}/><DstRect xOff="${column * side}" yOff="0" ${size}/>${more}</${kind}>`
  );
}

async function writeVrt(
  name: string,
  columns: number,
  sources: readonly string[],
  { band = '', dataset = '', more = '' } = {},
): Promise<string> {
  const path = join(folder, name);
  await writeFile(
    path,
    `\uFEFF<?xml version="1.0"?>\n<!-- tiles & more -->\n<VRTDataset rasterXSize="${columns * side}" rasterYSize="${side}"${dataset}>${more}` +
      `<VRTRasterBand dataType="Byte" band="1"${band}>${sources.join('')}</VRTRasterBand></VRTDataset>`,
  );
  return path;
}

/** The first sample of each tile from `first` to before `end`. */
async function read(scene: Scene, first: number, end: number): Promise<number[]> {
  const windowPx = { x: first * side, y: 0, width: (end - first) * side, height: side };
  const request = { windowPx, outWidth: windowPx.width, outHeight: side, bands: [1] };
  const { bands } = await scene.readWindow(request, never);
  return Array.from({ length: end - first }, (_, index) => Number(bands[0]![index * side]));
}

/** How many files of the folder this process has open. */
async function openCount(): Promise<number> {
  const links = (await readdir('/proc/self/fd')).map((name) => readlink(`/proc/self/fd/${name}`).catch(() => ''));
  return (await Promise.all(links)).filter((link) => link.startsWith(`${folder}/`)).length;
}

describe('a plain VRT', () => {
  it.skipIf(process.platform !== 'linux')('opens its files when they are needed, and few at one time', async () => {
    const count = 100;
    const names = Array.from({ length: count }, (_, index) => `${index}.tif`);
    await Promise.all(names.map((name, index) => writeTile(name, index)));
    const scene = await openScene(
      await writeVrt(
        'many.vrt',
        count,
        names.map((name, index) => source(name, index)),
      ),
      never,
    );
    expect(await openCount()).toBeLessThanOrEqual(1);
    expect(await read(scene, 50, 52)).toEqual([50, 51]);
    expect(await openCount()).toBe(3);
    expect(await read(scene, 0, count)).toEqual([...names.keys()]);
    // More windows at one time than files are kept.
    await Promise.all(names.map((_, index) => read(scene, index, index + 1)));
    expect(await read(scene, 0, 1)).toEqual([0]);
    expect(await openCount()).toBe(32);
    await scene.close();
    expect(await openCount()).toBe(0);
  });

  it('names a file that is not there, or damaged, when a window needs it', async () => {
    await writeTile('0.tif', 7);
    await writeTile('2.tif', 9);
    const path = await writeVrt(
      'gone.vrt',
      3,
      ['0.tif', '1.tif', '2.tif'].map((name, index) => source(name, index)),
    );
    const scene = await openScene(path, never);
    expect(await read(scene, 0, 1)).toEqual([7]);
    await expect(read(scene, 0, 3)).rejects.toMatchObject({
      code: 'INPUT_CORRUPT',
      message: `${path} is put together from a file that cannot be read: there is no file ${join(folder, '1.tif')}; check the name`,
    });
    await writeFile(join(folder, '1.tif'), 'II*\0');
    await expect(read(scene, 0, 3)).rejects.toThrow(join(folder, '1.tif'));
    await writeTile('1.tif', 8);
    expect(await read(scene, 0, 3)).toEqual([7, 8, 9]);
    await scene.close();
  });

  it('says which file no reader knows', async () => {
    await writeFile(join(folder, 'tile.jp2'), Buffer.from('ff4fff51002f00000000', 'hex'));
    await expect(openScene(await writeVrt('a.vrt', 1, [source('tile.jp2', 0)]), never)).rejects.toMatchObject({
      code: 'INPUT_UNSUPPORTED',
      message: expect.stringContaining(`${join(folder, 'tile.jp2')} is a JPEG 2000 file`) as string,
    });
  });

  it('may be put together from others, but not from itself', async () => {
    await writeTile('0.tif', 7);
    await writeVrt('inner.vrt', 1, [source('0.tif', 0)]);
    const outer = await openScene(await writeVrt('outer.vrt', 2, [source('inner.vrt', 0), source('0.tif', 1)]), never);
    expect(await read(outer, 0, 2)).toEqual([7, 7]);
    await outer.close();

    const itself = await openScene(await writeVrt('a.vrt', 2, [source('b.vrt', 0), source('0.tif', 1)]), never);
    await writeVrt('b.vrt', 2, [source('a.vrt', 0), source('0.tif', 1)]);
    await expect(read(itself, 0, 2)).rejects.toMatchObject({
      code: 'INPUT_CORRUPT',
      message: expect.stringContaining(`${join(folder, 'a.vrt')} is put together from itself`) as string,
    });
    await itself.close();
  });

  it.skipIf(process.platform === 'win32')('is put together from files alone', async () => {
    await mkdir(join(folder, 'folder'));
    await symlink('/dev/zero', join(folder, 'endless.tif'));
    for (const name of ['folder', 'endless.tif']) {
      const path = await writeVrt('odd.vrt', 1, [source(name, 0)]);
      await expect(openScene(path, never)).rejects.toMatchObject({
        code: 'INPUT_CORRUPT',
        message: expect.stringContaining(`${join(folder, name)} is no file`) as string,
      });
    }
  });

  it('knows by its files alone where nothing is', async () => {
    await writeTile('0.tif', 7);
    const nodata = '<NoDataValue>0</NoDataValue>';
    const scene = await openScene(await writeVrt('gap.vrt', 3, [nodata, source('0.tif', 1)]), never);
    const windows = [0, 1, 2].map((column) => ({ x: column * side, y: 0, width: side, height: side }));
    expect(await scene.knownEmpty(windows, [1])).toEqual([true, false, true]);
    await scene.close();
  });
});

describe('a VRT that our own reader leaves to GDAL', () => {
  const readerOf = async (path: string): Promise<unknown> => {
    await writeTile('0.tif', 7);
    const scene = await openScene(path, never);
    await scene.close();
    return scene.info.reader;
  };

  it.each([
    [
      'a lookup table',
      source('0.tif', 0, '<LUT>0:0,255:255</LUT>', 'ComplexSource'),
      'a VRT with LUT in ComplexSource',
    ],
    ['scaling', source('0.tif', 0, '<ScaleRatio>2</ScaleRatio>', 'ComplexSource'), 'a VRT that scales samples'],
    ['averages', source('0.tif', 0, '', 'AveragedSource'), 'a VRT with AveragedSource in VRTRasterBand'],
    [
      'a filter',
      source(
        '0.tif',
        0,
        '<Kernel normalized="1"><Size>3</Size><Coefs>0 0 0 0 1 0 0 0 0</Coefs></Kernel>',
        'KernelFilteredSource',
      ),
      'a VRT with KernelFilteredSource in VRTRasterBand',
    ],
    [
      'resampling other than nearest',
      source('0.tif', 0).replace('<SimpleSource>', '<SimpleSource resampling="bilinear">'),
      'a VRT with bilinear resampling',
    ],
  ])('%s', async (_, text, reason) => {
    expect(await readerOf(await writeVrt('odd.vrt', 1, [text]))).toEqual({ name: 'gdal', reason });
  });

  it('bands that are derived', async () => {
    const derived = { band: ' subClass="VRTDerivedRasterBand"', more: '' };
    const path = await writeVrt(
      'derived.vrt',
      1,
      ['<PixelFunctionType>inv</PixelFunctionType>', source('0.tif', 0)],
      derived,
    );
    expect(await readerOf(path)).toMatchObject({ name: 'gdal' });
  });

  it.each([
    '/vsizip/archive.zip/0.tif',
    '/vsicurl/http://127.0.0.1/0.tif',
    'http://127.0.0.1/0.tif',
    'GTIFF_DIR:1:0.tif',
    '0.tif',
  ])('a source that is no file beside the VRT, and none by a full name: %s', async (name) => {
    const absolute = source(name, 0).replace('relativeToVRT="1"', 'relativeToVRT="0"');
    const path = await writeVrt('odd.vrt', 1, [absolute]);
    const scene = await openScene(path, never).catch(() => null);
    expect(scene?.info.reader.name ?? 'gdal').toBe('gdal');
    await scene?.close();
  });

  it('text that could stand for other text', async () => {
    const path = await writeVrt('odd.vrt', 1, [source('0.tif', 0)]);
    await writeFile(path, `<!DOCTYPE VRTDataset>${(await readFile(path, 'utf8')).slice(21)}`);
    expect(await readerOf(path)).toMatchObject({ name: 'gdal' });
  });
});
