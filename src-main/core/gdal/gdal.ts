/**
 * GDAL 3.8.4 (WebAssembly, offline) in this process, on real files. Every call blocks its thread while GDAL works.
 * Failures carry GDAL's own message. Nothing is printed and no dataset stays open.
 */
import { extname } from 'node:path';
import type { ErrorCode } from '../../contract/errors.ts';
import { Think2SegError } from '../../contract/errors.ts';
import { withArgumentList } from './argument-list.ts';
import type { GdalInfo, GdalVectorInfo } from './gdal-info.ts';
import { gdalRuntime, type FailureText, type GdalRuntime } from './runtime.ts';

export type { GdalBandInfo, GdalInfo } from './gdal-info.ts';

const openUpdate = 0x01;
const openRaster = 0x02;
const openVector = 0x04;
const openVerboseError = 0x40;

/** Raw samples with a text header; the corner coordinates keep GDAL from refusing rotated rasters, which ENVI cannot hold. */
const rawFormat = ['-of', 'ENVI', '-a_ullr', '0', '0', '1', '1', '-a_srs', ''];

/** PROJ's complaint that a local (engineering) system lies on no ellipsoid; gdalinfo describes the raster all the same. */
const localSystem = /PROJ: proj_get_ellipsoid: /;

/** What to open: a file of the host, or bytes that exist in memory only. */
export type GdalSource =
  | { readonly path: string }
  | {
      readonly bytes: Uint8Array | string;
      readonly extension: string;
      /** Files beside it: `.aux.xml` is appended to the full name, anything else replaces the extension. */
      readonly sidecars?: readonly { readonly suffix: string; readonly bytes: Uint8Array }[];
    };

/** `gdalinfo -json` of a raster, with `extraArguments` such as `-proj4` or `-wkt_format WKT1`. */
export async function gdalRasterInfo(source: GdalSource, extraArguments: readonly string[] = []): Promise<GdalInfo> {
  const gdal = await gdalRuntime();
  const failure = inputFailure(source, 'INPUT_NOT_RASTER');
  return withDataset(gdal, source, openRaster, failure, (dataset) => {
    const json = gdal.checked(
      () =>
        withArgumentList(gdal.module, ['-json', ...extraArguments], (list) => {
          const options = gdal.native.infoOptions(list, 0);
          try {
            return gdal.native.info(dataset, options);
          } finally {
            gdal.native.infoOptionsFree(options);
          }
        }),
      { ...failure, code: 'INPUT_CORRUPT' },
      localSystem,
    );
    // gdalinfo prints bare nan and inf, which JSON has not.
    const info = JSON.parse(json.replace(/([:,[]\s*)(-?)(nan|inf)\b/gi, '$1"$2$3"')) as GdalInfo;
    return { ...info, files: info.files.map((file) => gdal.pathOnHost(file)) };
  });
}

/**
 * `gdal_translate` of `source` to the host file `targetPath` (its folder must exist; an existing file is replaced).
 * `translateArguments` are those of the program, for example `['-of', 'GTiff', '-co', 'COMPRESS=DEFLATE']`.
 */
export async function gdalRasterTranslate(
  source: GdalSource,
  targetPath: string,
  translateArguments: readonly string[],
): Promise<void> {
  const gdal = await gdalRuntime();
  const target = gdal.hostPath(targetPath);
  const failure = inputFailure(source, 'INPUT_NOT_RASTER');
  withDataset(gdal, source, openRaster, failure, (dataset) => {
    translateRaster(gdal, dataset, target, translateArguments, outputFailure(targetPath));
  });
}

/**
 * `gdal_translate` of `source` to raw bytes, each sample little-endian in its own type. No file is written.
 * `translateArguments` choose bands (`-b`), window (`-srcwin`), size (`-outsize`), type (`-ot`).
 * `interleave`: band after band (`BSQ`) or sample after sample (`BIP`), rows from the top.
 */
export async function gdalReadRaw(
  source: GdalSource,
  translateArguments: readonly string[],
  choice: OpenChoice & { readonly interleave?: 'BSQ' | 'BIP' } = {},
): Promise<Uint8Array> {
  const gdal = await gdalRuntime();
  const stem = gdal.memoryPath('window');
  const failure = inputFailure(source, 'INPUT_CORRUPT');
  const raw = [...rawFormat, '-co', `INTERLEAVE=${choice.interleave ?? 'BSQ'}`, ...translateArguments];
  try {
    const read = (dataset: number): Uint8Array => {
      translateRaster(gdal, dataset, `${stem}.img`, raw, failure);
      return gdal.module.FS.readFile(`${stem}.img`);
    };
    return withDataset(gdal, source, openRaster, failure, read, choice);
  } finally {
    removeMemoryFiles(gdal, stem);
  }
}

/**
 * `ogr2ogr` from `source` to the host file `targetPath` (its folder must exist).
 * `translateArguments` are those of the program, for example `['-f', 'GPKG', '-nln', 'targets']`.
 */
export async function gdalVectorTranslate(
  source: GdalSource,
  targetPath: string,
  translateArguments: readonly string[],
  choice: OpenChoice = {},
): Promise<void> {
  const gdal = await gdalRuntime();
  const target = gdal.hostPath(targetPath);
  const translate = (dataset: number): void => {
    translateVector(gdal, dataset, target, translateArguments, outputFailure(targetPath));
  };
  withDataset(gdal, source, openVector, inputFailure(source, 'INPUT_NOT_READABLE'), translate, choice);
}

/**
 * As `gdalVectorTranslate`, to bytes for the host file `targetPath`. SQLite writes a GeoPackage page by page, which takes twice as long
 * on files of the host; the bytes must fit into memory.
 */
export async function gdalVectorTranslateToBytes(
  source: GdalSource,
  targetPath: string,
  translateArguments: readonly string[],
  choice: OpenChoice = {},
): Promise<Uint8Array> {
  return vectorToMemory(source, extname(targetPath), translateArguments, outputFailure(targetPath), choice);
}

/** `ogr2ogr` of a vector file to GeoJSON text in the coordinates that the arguments ask for, WGS 84 or not. */
export async function gdalVectorGeoJson(
  source: GdalSource,
  translateArguments: readonly string[],
  choice: OpenChoice = {},
): Promise<string> {
  const own = ['-f', 'GeoJSON', '-lco', 'RFC7946=NO', '-lco', 'COORDINATE_PRECISION=15'];
  const asText = ['-lco', 'AUTODETECT_JSON_STRINGS=NO'];
  const failure = inputFailure(source, 'INPUT_CORRUPT');
  const all = [...own, ...asText, ...translateArguments];
  const bytes = await vectorToMemory(source, '.geojson', all, failure, choice);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}

async function vectorToMemory(
  source: GdalSource,
  extension: string,
  translateArguments: readonly string[],
  failure: FailureText,
  choice: OpenChoice = {},
): Promise<Uint8Array> {
  const gdal = await gdalRuntime();
  const target = gdal.memoryPath(`target${extension}`);
  const translate = (dataset: number): Uint8Array => {
    translateVector(gdal, dataset, target, translateArguments, failure);
    return gdal.module.FS.readFile(target);
  };
  try {
    return withDataset(gdal, source, openVector, inputFailure(source, 'INPUT_NOT_READABLE'), translate, choice);
  } finally {
    removeMemoryFiles(gdal, target);
  }
}

/** `ogrinfo -json` of a vector file: what it holds, without its features. */
export async function gdalVectorInfo(source: GdalSource): Promise<GdalVectorInfo> {
  const gdal = await gdalRuntime();
  const failure = inputFailure(source, 'INPUT_NOT_READABLE');
  return withDataset(
    gdal,
    source,
    openVector,
    failure,
    (dataset) => JSON.parse(vectorInfo(gdal, dataset, ['-json', '-so', '-al'], failure)) as GdalVectorInfo,
  );
}

/** Runs SQL statements, one after the other, on a vector file that is changed by them (a GeoPackage: SQLite). */
export async function gdalVectorSql(path: string, statements: readonly string[]): Promise<void> {
  const gdal = await gdalRuntime();
  const failure = outputFailure(path);
  withDataset(gdal, { path }, openVector | openUpdate, failure, (dataset) => {
    for (const statement of statements) {
      vectorInfo(gdal, dataset, ['-q', '-sql', statement], failure);
    }
  });
}

function vectorInfo(
  gdal: GdalRuntime,
  dataset: number,
  infoArguments: readonly string[],
  failure: FailureText,
): string {
  return gdal.checked(
    () =>
      withArgumentList(gdal.module, infoArguments, (list) => {
        const options = gdal.native.vectorInfoOptions(list, 0);
        try {
          return gdal.native.vectorInfo(dataset, options);
        } finally {
          gdal.native.vectorInfoOptionsFree(options);
        }
      }),
    failure,
  );
}

function translateRaster(
  gdal: GdalRuntime,
  dataset: number,
  target: string,
  translateArguments: readonly string[],
  failure: FailureText,
): void {
  const { native } = gdal;
  writeDataset(gdal, translateArguments, failure, (list) => {
    const options = native.translateOptions(list, 0);
    try {
      return options === 0 ? 0 : native.translate(target, dataset, options, 0);
    } finally {
      native.translateOptionsFree(options);
    }
  });
}

function translateVector(
  gdal: GdalRuntime,
  dataset: number,
  target: string,
  translateArguments: readonly string[],
  failure: FailureText,
): void {
  const { module, native } = gdal;
  writeDataset(gdal, translateArguments, failure, (list) => {
    const options = native.vectorTranslateOptions(list, 0);
    const sources = module._malloc(4);
    new DataView(module.HEAPU8.buffer, sources, 4).setUint32(0, dataset, true);
    try {
      return native.vectorTranslate(target, 0, 1, sources, options, 0);
    } finally {
      module._free(sources);
      native.vectorTranslateOptionsFree(options);
    }
  });
}

/** Closing is what completes the file; it may still fail then. */
function writeDataset(
  gdal: GdalRuntime,
  translateArguments: readonly string[],
  failure: FailureText,
  translate: (argumentList: number) => number,
): void {
  const written = gdal.checked(
    () =>
      withArgumentList(gdal.module, translateArguments, (list) => {
        const output = translate(list);
        if (output !== 0) {
          gdal.native.close(output);
        }
        return output !== 0;
      }),
    failure,
  );
  requireResult(written, failure);
}

interface OpenChoice {
  readonly options?: readonly string[];
  /** Short names; without it every driver of the wanted kind is tried. */
  readonly drivers?: readonly string[];
  /** A GDAL configuration option for this call only. */
  readonly setting?: readonly [name: string, value: string];
}

function withDataset<T>(
  gdal: GdalRuntime,
  source: GdalSource,
  flags: number,
  failure: FailureText,
  use: (dataset: number) => T,
  { options = [], drivers = [], setting }: OpenChoice = {},
): T {
  const { module, native } = gdal;
  const memoryStem = 'bytes' in source ? gdal.memoryPath('source') : null;
  const path = memoryStem !== null && 'bytes' in source ? placeInMemory(gdal, memoryStem, source) : null;
  const openPath = path ?? ('path' in source ? gdal.hostPath(source.path) : '');
  try {
    if (setting !== undefined) {
      native.setConfig(...setting);
    }
    const dataset = gdal.checked(
      () =>
        withArgumentList(module, options, (optionList) =>
          withArgumentList(module, drivers, (driverList) =>
            native.open(openPath, flags | openVerboseError, drivers.length === 0 ? 0 : driverList, optionList, 0),
          ),
        ),
      failure,
    );
    requireResult(dataset !== 0, failure);
    try {
      return use(dataset);
    } finally {
      native.close(dataset);
    }
  } finally {
    if (setting !== undefined) {
      native.setConfig(setting[0], null);
    }
    if (memoryStem !== null) {
      removeMemoryFiles(gdal, memoryStem);
    }
  }
}

function placeInMemory(gdal: GdalRuntime, stem: string, source: Extract<GdalSource, { bytes: unknown }>): string {
  const { FS } = gdal.module;
  const path = `${stem}${source.extension}`;
  FS.writeFile(path, source.bytes);
  for (const { suffix, bytes } of source.sidecars ?? []) {
    FS.writeFile(suffix === '.aux.xml' ? `${path}${suffix}` : `${stem}${suffix}`, bytes);
  }
  return path;
}

function requireResult(given: boolean, failure: FailureText): void {
  if (!given) {
    throw new Think2SegError(failure.code, `${failure.what}: GDAL gave no result and no reason; ${failure.advice}`);
  }
}

/** Removes a file in memory and what GDAL put beside it (`.hdr`, `.aux.xml`). */
function removeMemoryFiles(gdal: GdalRuntime, pathPrefix: string): void {
  const { FS } = gdal.module;
  const folder = pathPrefix.slice(0, pathPrefix.lastIndexOf('/'));
  const namePrefix = pathPrefix.slice(folder.length + 1);
  for (const name of FS.readdir(folder)) {
    if (name.startsWith(namePrefix)) {
      FS.unlink(`${folder}/${name}`);
    }
  }
}

function inputFailure(source: GdalSource, code: ErrorCode): FailureText {
  const name = 'path' in source ? source.path : `data in memory (${source.extension})`;
  return { code, what: `${name} cannot be read`, advice: 'check the file or export it again' };
}

function outputFailure(path: string): FailureText {
  return {
    code: 'OUTPUT_NOT_WRITABLE',
    what: `${path} cannot be written`,
    advice: 'check the folder, the free space and the arguments',
  };
}
