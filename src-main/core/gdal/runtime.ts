import { readlinkSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, parse, resolve, sep } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import createGdalModule from 'gdal3.js/build/package/gdal3WebAssembly.js';
import type { GdalModule } from 'gdal3.js/build/package/gdal3WebAssembly.js';
import { Think2SegError, type ErrorCode } from '../../contract/errors.ts';

/**
 * The WebAssembly GDAL, loaded once per process and on first use (about half a second, 60 MB).
 *
 * The Emscripten module is used without the JavaScript layer of gdal3.js: that layer resolves its files against the
 * working directory, copies every dataset's name up to its first dot and leaves datasets open.
 */
export interface GdalRuntime {
  readonly module: GdalModule;
  readonly native: NativeFunctions;
  /** Where the file or future file `path` of the host is found inside the module. */
  hostPath(path: string): string;
  /** The way back: what the host calls a file of the module. */
  pathOnHost(path: string): string;
  /** A fresh name in memory, below no host folder. */
  memoryPath(fileName: string): string;
  /**
   * Runs one native call; every error GDAL reports meanwhile, also one it recovers from, becomes a Think2SegError, unless its text
   * matches `harmless`.
   */
  checked<T>(call: () => T, failure: FailureText, harmless?: RegExp): T;
}

export interface FailureText {
  readonly code: ErrorCode;
  /** What was attempted, for example `scene.tif cannot be read`. */
  readonly what: string;
  /** What the user can do. */
  readonly advice: string;
}

type Native = (...values: unknown[]) => number;
type NativeText = (...values: unknown[]) => string;

/** C functions of GDAL with numbers as pointers; names as in the GDAL C API. */
export interface NativeFunctions {
  readonly open: Native;
  readonly close: Native;
  readonly info: NativeText;
  readonly infoOptions: Native;
  readonly infoOptionsFree: Native;
  readonly translate: Native;
  readonly translateOptions: Native;
  readonly translateOptionsFree: Native;
  readonly vectorInfo: NativeText;
  readonly vectorInfoOptions: Native;
  readonly vectorInfoOptionsFree: Native;
  readonly vectorTranslate: Native;
  readonly vectorTranslateOptions: Native;
  readonly vectorTranslateOptionsFree: Native;
  readonly errorReset: Native;
  readonly lastErrorType: Native;
  readonly lastErrorMessage: NativeText;
  readonly setConfig: Native;
}

/** CPLErr of GDAL: 3 is a failure, 2 a warning. */
const cplFailure = 3;

let runtime: Promise<GdalRuntime> | null = null;

export function gdalRuntime(): Promise<GdalRuntime> {
  runtime ??= start().catch((error: unknown) => {
    runtime = null;
    throw error;
  });
  return runtime;
}

/**
 * How much a function of WebAssembly runs (in bytes of its code, about) before V8 compiles it again for speed. At V8's 1.8 million the
 * processor is busy for half a second with functions that a GeoPackage or a few blocks of a JPEG need no more.
 */
const tieringBudget = 200_000_000;

async function start(): Promise<GdalRuntime> {
  setFlagsFromString(`--wasm-tiering-budget=${tieringBudget}`);
  // Of 25,000 functions a run uses a tenth: each is checked when it is first called.
  setFlagsFromString('--wasm-lazy-validation');
  const require = createRequire(import.meta.url);
  const wasmPath = require.resolve('gdal3.js/dist/package/gdal3WebAssembly.wasm');
  const dataPath = require.resolve('gdal3.js/dist/package/gdal3WebAssembly.data');
  const [wasm, data] = await Promise.all([readFile(wasmPath), readFile(dataPath)]);
  const reported: string[] = [];
  const module = await createGdalModule({
    wasmBinary: wasm,
    getPreloadedPackage: () => data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength),
    locateFile: (fileName) => (fileName.endsWith('.data') ? dataPath : wasmPath),
    preRun: [
      ({ ENV }) => {
        ENV['PROJ_LIB'] = '/usr/share/proj';
        ENV['GDAL_DATA'] = '/usr/share/gdal';
        ENV['GDAL_NUM_THREADS'] = '0';
        ENV['CPL_TMPDIR'] = memoryRoot;
        // Files are written under a name of their own, flushed and then renamed: SQLite need not guard each step against a power cut.
        ENV['OGR_SQLITE_SYNCHRONOUS'] = 'OFF';
        ENV['OGR_SQLITE_JOURNAL'] = 'MEMORY';
        // A damaged JPEG must be an error, never grey pixels.
        ENV['GDAL_ERROR_ON_LIBJPEG_WARNING'] = 'TRUE';
      },
    ],
    print: () => undefined,
    printErr: (line) => {
      reported.push(line);
    },
  });
  module.FS.mkdir(memoryRoot);
  module.cwrap('GDALAllRegister', null, [])();
  const native = bindFunctions(module);
  const mounts = new HostMounts(module);
  let nextName = 0;

  return {
    module,
    native,
    hostPath: (path) => mounts.pathOf(path),
    pathOnHost: (path) => mounts.pathOnHost(path),
    memoryPath: (fileName) => {
      nextName += 1;
      return `${memoryRoot}/${nextName}-${fileName}`;
    },
    checked: (call, failure, harmless) => {
      reported.length = 0;
      native.errorReset();
      let result;
      try {
        result = call();
      } catch (thrown) {
        // An out-of-memory or a trap inside WebAssembly arrives as a JavaScript error.
        const reason = thrown instanceof Error ? thrown.message : String(thrown);
        throw new Think2SegError(failure.code, `${failure.what}: GDAL stopped (${reason}); ${failure.advice}`, {
          cause: thrown,
        });
      }
      const isFailure = (text: string): boolean => harmless?.test(text) !== true;
      const errors = reported.filter((line) => /^ERROR \d+:/.test(line) && isFailure(line));
      if (errors.length > 0 || (native.lastErrorType() >= cplFailure && isFailure(native.lastErrorMessage()))) {
        const message = (errors[0] ?? native.lastErrorMessage()).replace(/^ERROR \d+: |\.$/g, '');
        throw new Think2SegError(
          failure.code,
          `${failure.what}: ${mounts.withoutMountPoints(message)}; ${failure.advice}`,
          { detail: reported.join('\n') },
        );
      }
      return result;
    },
  };
}

const memoryRoot = '/think2seg';
const hostRoot = '/host';
const sharesRoot = '/unc';

/** ENOENT inside the module. */
const noSuchFile = 44;

function bindFunctions(module: GdalModule): NativeFunctions {
  const number = (name: string, parameters: readonly ('number' | 'string')[]): Native =>
    module.cwrap(name, 'number', parameters) as Native;
  const text = (name: string, parameters: readonly ('number' | 'string')[]): NativeText =>
    module.cwrap(name, 'string', parameters) as NativeText;
  return {
    open: number('GDALOpenEx', ['string', 'number', 'number', 'number', 'number']),
    close: number('GDALClose', ['number']),
    info: text('GDALInfo', ['number', 'number']),
    infoOptions: number('GDALInfoOptionsNew', ['number', 'number']),
    infoOptionsFree: number('GDALInfoOptionsFree', ['number']),
    translate: number('GDALTranslate', ['string', 'number', 'number', 'number']),
    translateOptions: number('GDALTranslateOptionsNew', ['number', 'number']),
    translateOptionsFree: number('GDALTranslateOptionsFree', ['number']),
    vectorInfo: text('GDALVectorInfo', ['number', 'number']),
    vectorInfoOptions: number('GDALVectorInfoOptionsNew', ['number', 'number']),
    vectorInfoOptionsFree: number('GDALVectorInfoOptionsFree', ['number']),
    vectorTranslate: number('GDALVectorTranslate', ['string', 'number', 'number', 'number', 'number', 'number']),
    vectorTranslateOptions: number('GDALVectorTranslateOptionsNew', ['number', 'number']),
    vectorTranslateOptionsFree: number('GDALVectorTranslateOptionsFree', ['number']),
    errorReset: number('CPLErrorReset', []),
    lastErrorType: number('CPLGetLastErrorType', []),
    lastErrorMessage: text('CPLGetLastErrorMsg', []),
    setConfig: number('CPLSetConfigOption', ['string', 'string']),
  };
}

/**
 * Makes host folders visible in the module. On POSIX the root of the host is `/host`, and its top-level folders are
 * linked at `/` too so that a VRT with absolute names finds its files; on Windows the drive `C:` is `/C:`.
 */
class HostMounts {
  readonly #module: GdalModule;
  readonly #mounted = new Set<string>();

  constructor(module: GdalModule) {
    this.#module = module;
    this.#followLinks();
  }

  /** Links stay in it: files beside a link belong to the raster that it leads to. */
  pathOf(path: string): string {
    const absolute = resolve(path);
    const root = parse(absolute).root;
    const mountPoint = mountPointOf(root);
    if (!this.#mounted.has(mountPoint)) {
      this.#module.FS.mkdirTree(mountPoint);
      this.#module.FS.mount(this.#module.NODEFS, { root }, mountPoint);
      this.#mounted.add(mountPoint);
      if (mountPoint === hostRoot) {
        this.#linkTopLevel();
      }
    }
    const below = absolute.slice(root.length).split(sep).join('/');
    return `${mountPoint}/${below}`;
  }

  /** Names that are of no mount, as one that a VRT says itself, are those of the host already. */
  pathOnHost(path: string): string {
    if (path.startsWith(`${hostRoot}/`)) {
      return path.slice(hostRoot.length);
    }
    const [, drive, below] = /^\/([A-Za-z]:)(\/.*)$/.exec(path) ?? [];
    const share = path.startsWith(`${sharesRoot}/`) ? `//${path.slice(sharesRoot.length + 1)}` : null;
    return resolve(drive !== undefined && below !== undefined ? drive + below : (share ?? path));
  }

  withoutMountPoints(message: string): string {
    return message.split(`${hostRoot}/`).join('/');
  }

  /** Emscripten takes what a link says against the mount or the working directory, where nothing is. */
  #followLinks(): void {
    const { FS, NODEFS } = this.#module;
    NODEFS.node_ops.readlink = (node) => {
      const link = NODEFS.realPath(node);
      let target;
      try {
        target = readlinkSync(link);
      } catch {
        // The only kind of error that reaches GDAL, which names the file.
        throw new FS.ErrnoError(noSuchFile);
      }
      return this.pathOf(resolve(dirname(link), target));
    };
  }

  #linkTopLevel(): void {
    const { FS } = this.#module;
    for (const [folder, child] of [
      ['/home', '/home/web_user'],
      ['/tmp', null],
    ] as const) {
      if (child !== null) {
        FS.rmdir(child);
      }
      FS.rmdir(folder);
    }
    const taken = new Set(FS.readdir('/'));
    for (const name of FS.readdir(hostRoot)) {
      if (!taken.has(name)) {
        FS.symlink(`${hostRoot}/${name}`, `/${name}`);
      }
    }
  }
}

function mountPointOf(root: string): string {
  if (root === '/') {
    return hostRoot;
  }
  const drive = /^[A-Za-z]:/.exec(root);
  return drive === null ? `${sharesRoot}/${root.split('\\').filter(Boolean).join('/')}` : `/${drive[0]}`;
}
