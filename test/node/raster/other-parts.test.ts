import { createHash } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openScene } from '../../../src-main/core/raster/open-raster.ts';
import type { Scene } from '../../../src-main/core/raster/scene.ts';
import { makeTiff } from '../../support/make-tiff.ts';
import { PythonProcess, pythonMissing } from '../../support/python.ts';

const never = new AbortController().signal;
const missing = pythonMissing(['rasterio', 'numpy']);

interface Reference {
  samples: string;
  /** Of all bands, one after the other. */
  allSamples: string;
  valid: string;
  epsg: number | null;
  overviews: { factor: number; size: [number, number]; samples: string }[];
}

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'think2seg-parts-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function shaOf(scene: Scene, outWidth: number, outHeight: number): Promise<{ samples: string; valid: string }> {
  const { width, height } = scene.info;
  const windowPx = { x: 0, y: 0, width, height };
  const window = await scene.readWindow({ windowPx, outWidth, outHeight, bands: [1] }, never);
  const sha = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
  return { samples: sha(window.bands[0] as Uint8Array), valid: sha(window.valid) };
}

describe.skipIf(missing !== null)(`rasters that rasterio and GDAL write (${missing ?? 'present'})`, () => {
  let python: PythonProcess;
  beforeAll(() => {
    python = new PythonProcess(resolve(import.meta.dirname, '../../support/raster_oracle.py'));
  });
  afterAll(() => {
    python.close();
  });

  const make = async (request: { kind: string; path: string } & Record<string, unknown>): Promise<Reference> =>
    (await python.ask({ op: 'make', ...request })) as unknown as Reference;

  /** Samples, valid pixels and every overview equal rasterio's. */
  const expectEqual = async (path: string, reference: Reference): Promise<Scene['info']> => {
    const scene = await openScene(path, never);
    try {
      const { info } = scene;
      expect(await shaOf(scene, info.width, info.height)).toEqual({
        samples: reference.samples,
        valid: reference.valid,
      });
      expect(info.overviews).toEqual(reference.overviews.map(({ factor }) => factor));
      for (const { size, samples } of reference.overviews) {
        expect((await shaOf(scene, ...size)).samples, `overview of ${size.join(' x ')}`).toBe(samples);
      }
      return info;
    } finally {
      await scene.close();
    }
  };

  const allSamplesOf = async (path: string): Promise<string> => {
    const scene = await openScene(path, never);
    try {
      const { width, height, bands } = scene.info;
      const request = { windowPx: { x: 0, y: 0, width, height }, outWidth: width, outHeight: height };
      const window = await scene.readWindow({ ...request, bands: bands.map((_, index) => index + 1) }, never);
      const hash = createHash('sha256');
      for (const { buffer, byteOffset, byteLength } of window.bands) {
        hash.update(new Uint8Array(buffer, byteOffset, byteLength));
      }
      return hash.digest('hex');
    } finally {
      await scene.close();
    }
  };

  it.each([
    { compress: 'LERC', type: 'float32' },
    { compress: 'LERC_ZSTD', type: 'float64' },
    { compress: 'LERC_DEFLATE', type: 'float32', tiled: true, blockxsize: 128, blockysize: 128 },
  ])('$compress of $type bands that miss other pixels', async ({ type, ...creation }) => {
    const path = join(folder, 'lerc.tif');
    const reference = await make({ kind: 'lerc', path, type, creation: { interleave: 'pixel', ...creation } });
    expect(await allSamplesOf(path)).toBe(reference.allSamples);
  });

  it.each(
    ['CCITTRLE', 'CCITTFAX3', 'CCITTFAX4'].flatMap((compress) =>
      [{}, { tiled: true, blockxsize: 64, blockysize: 64 }, { photometric: 'MINISWHITE' }].map((layout) => ({
        compress,
        ...layout,
      })),
    ),
  )('fax $compress, tiled $tiled, photometric $photometric, through GDAL', async (creation) => {
    const path = join(folder, 'fax.tif');
    const reference = await make({ kind: 'fax', path, creation });
    expect((await expectEqual(path, reference)).reader).toEqual({
      name: 'gdal',
      reason: `compression ${creation.compress}`,
    });
  });

  it('overviews beside the file', async () => {
    const path = join(folder, 'beside.tif');
    const reference = await make({ kind: 'ovr', path });
    expect(await readdir(folder)).toContain('beside.tif.ovr');
    expect(reference.overviews.map(({ factor }) => factor)).toEqual([2, 4]);
    expect((await expectEqual(path, reference)).reader).toEqual({ name: 'tiff' });
  });

  it('overviews beside a file that has some itself are passed over', async () => {
    const path = join(folder, 'stale.tif');
    const reference = await make({ kind: 'stale', path });
    expect(await readdir(folder)).toContain('stale.tif.ovr');
    expect(reference.overviews.map(({ factor }) => factor)).toEqual([2]);
    await expectEqual(path, reference);
  });

  it('a mask beside the file', async () => {
    const path = join(folder, 'masked.tif');
    const reference = await make({ kind: 'msk', path });
    expect(await readdir(folder)).toContain('masked.tif.msk');
    expect((await expectEqual(path, reference)).reader).toEqual({ name: 'tiff' });
  });

  it('a mask in a compression that our reader leaves to GDAL takes the whole scene there', async () => {
    const path = join(folder, 'fax-masked.tif');
    const reference = await make({ kind: 'msk', path, maskCompression: 'CCITTFAX4' });
    expect((await expectEqual(path, reference)).reader).toEqual({
      name: 'gdal',
      reason: 'the mask has compression CCITTFAX4',
    });
  });

  it('a VRT that names its source by an absolute path', async () => {
    const path = join(folder, 'mosaic.vrt');
    const reference = await make({ kind: 'vrt', path, source: join(folder, 'source.tif') });
    const info = await expectEqual(path, reference);
    expect(info.reader).toEqual({ name: 'vrt' });
    expect(info.crs?.epsg).toBe(32633);
    await rm(join(folder, 'source.tif'));
    await expect(openScene(path, never)).rejects.toMatchObject({
      code: 'INPUT_CORRUPT',
      message: expect.stringContaining('source.tif') as string,
    });
  });

  it.skipIf(process.platform === 'win32')('a VRT behind a link, whose sources lie beside the VRT itself', async () => {
    const path = join(folder, 'linked.vrt');
    const reference = await make({ kind: 'vrt', path, source: join(folder, 'linked-source.tif') });
    await writeFile(
      path,
      (await readFile(path, 'utf8')).replace(/relativeToVRT="0">[^<]*</u, 'relativeToVRT="1">linked-source.tif<'),
    );
    await mkdir(join(folder, 'links'));
    await symlink('../linked.vrt', join(folder, 'links/linked.vrt'));
    await symlink(folder, join(folder, 'links/folder'));
    await expectEqual(join(folder, 'links/linked.vrt'), reference);
    await expectEqual(join(folder, 'links/folder/linked.vrt'), reference);
  });

  it('a VRT of signed bytes', async () => {
    const source = join(folder, 'signed.tif');
    const value = (x: number, y: number, band: number): number => ((x * 41 + y * 13 + band * 7) % 256) - 128;
    await writeFile(source, makeTiff({ width: 30, height: 20, bands: 2, sampleFormat: 2, value }));
    const bands = [1, 2].map(
      (band) =>
        `<VRTRasterBand dataType="Int8" band="${band}"><SimpleSource><SourceFilename relativeToVRT="1">signed.tif` +
        `</SourceFilename><SourceBand>${band}</SourceBand></SimpleSource></VRTRasterBand>`,
    );
    const path = join(folder, 'signed.vrt');
    await writeFile(path, `<VRTDataset rasterXSize="30" rasterYSize="20">${bands.join('')}</VRTDataset>`);
    expect(await allSamplesOf(path)).toBe(await allSamplesOf(source));
  });

  it.each([
    ['EPSG:32633+5773', 32633, 'EGM96 height', 'WGS 84 / UTM zone 33N'],
    ['EPSG:4326+3855', 4326, 'EGM2008 height', 'WGS 84'],
    ['EPSG:7415', 28992, 'NAP height', 'Amersfoort / RD New'],
  ])('the heights of %s are left out, and said so', async (crs, epsg, vertical, horizontal) => {
    const path = join(folder, 'heights.vrt');
    await make({ kind: 'crs', path: join(folder, 'heights.tif'), crs });
    await writeFile(
      path,
      `<VRTDataset rasterXSize="1" rasterYSize="1"><SRS>${crs}</SRS><GeoTransform>0,1,0,0,0,-1</GeoTransform>` +
        '<VRTRasterBand dataType="Byte" band="1"/></VRTDataset>',
    );
    for (const name of ['heights.tif', 'heights.vrt']) {
      const scene = await openScene(join(folder, name), never);
      expect(scene.crs?.epsg).toBe(epsg);
      expect(scene.info.crs).toMatchObject({ epsg, name: horizontal, vertical });
      expect(scene.info.warnings).toContain(
        `heights are not used: ${vertical} is left out, results are in ${horizontal}`,
      );
      await scene.close();
    }
  });

  it('JPEG 2000 is refused by its name', async () => {
    const path = join(folder, 'picture.jp2');
    await make({ kind: 'jpeg2000', path });
    await expect(openScene(path, never)).rejects.toMatchObject({
      code: 'INPUT_UNSUPPORTED',
      message: expect.stringMatching(/picture\.jp2 is a JPEG 2000 file.*gdal_translate/u) as string,
    });
  });
});

it.skipIf(process.platform === 'win32')('finds what lies beside a link, itself a link or not', async () => {
  const [store, links] = ['store', 'beside-links'].map((name) => join(folder, name));
  await mkdir(store!);
  await mkdir(links!);
  await writeFile(join(store!, '1.pgm'), Buffer.concat([Buffer.from('P5 2 1 255\n'), Buffer.from([7, 9])]));
  await writeFile(join(store!, '2.wld'), '2\n0\n0\n-2\n500001\n5399999\n');
  await symlink('../store/1.pgm', join(links!, 'plain.pgm'));
  await copyFile(join(store!, '2.wld'), join(links!, 'plain.wld'));
  await symlink(join(store!, '1.pgm'), join(links!, 'linked.pgm'));
  await symlink('../store/2.wld', join(links!, 'linked.wld'));
  for (const name of ['plain.pgm', 'linked.pgm']) {
    const scene = await openScene(join(links!, name), never);
    expect(scene.info.transform).toEqual([2, 0, 500000, 0, -2, 5400000]);
    await scene.close();
  }
});

it.each([1, 2])(
  'says which of the %d files of a VRT that computes GDAL cannot read, and why: when it opens the first, else when it reads',
  async (count) => {
    const plain = makeTiff({ width: 30, height: 20, bands: 1, value: (x) => x });
    await writeFile(join(folder, 'plain.tif'), plain);
    const compression = plain.indexOf(Buffer.from([0x03, 0x01, 0x03, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x00]));
    plain.writeUInt16LE(50000, compression + 8);
    await writeFile(join(folder, 'zstd.tif'), plain);
    const source = (name: string, x: number): string =>
      `<ComplexSource><SourceFilename relativeToVRT="1">${name}</SourceFilename><SourceBand>1</SourceBand>` +
      '<SourceProperties RasterXSize="30" RasterYSize="20" DataType="Byte" BlockXSize="30" BlockYSize="20"/>' +
      `<SrcRect xOff="0" yOff="0" xSize="30" ySize="20"/><DstRect xOff="${x}" yOff="0" xSize="30" ySize="20"/><LUT>0:0,255:255</LUT></ComplexSource>`;
    const sources = ['plain.tif', 'zstd.tif'].slice(-count).map((name, index) => source(name, index * 30));
    const path = join(folder, `of-zstd-${count}.vrt`);
    await writeFile(
      path,
      `<VRTDataset rasterXSize="${count * 30}" rasterYSize="20"><VRTRasterBand dataType="Byte" band="1">${sources.join('')}` +
        '</VRTRasterBand></VRTDataset>',
    );
    const read = async (): Promise<void> => {
      const scene = await openScene(path, never);
      await shaOf(scene, scene.info.width, scene.info.height).finally(() => scene.close());
    };
    await expect(read()).rejects.toMatchObject({
      code: 'INPUT_UNSUPPORTED',
      message: expect.stringContaining(
        `${path} is put together from ${join(folder, 'zstd.tif')}, a TIFF with ZSTD compression`,
      ) as string,
    });
  },
);

it.each([
  ['JPEG 2000', Buffer.from('ff4fff51002f00000000', 'hex')],
  ['JPEG XL', Buffer.from('0000000c4a584c200d0a870a', 'hex')],
  ['MrSID', Buffer.from('msid    ')],
  ['HDF5 or netCDF', Buffer.from('894844460d0a1a0a', 'hex')],
])('%s is refused by its name', async (name, start) => {
  const path = join(folder, 'foreign.bin');
  await writeFile(path, start);
  await expect(openScene(path, never)).rejects.toMatchObject({
    code: 'INPUT_UNSUPPORTED',
    message: expect.stringContaining(`is a ${name} file`) as string,
  });
});
