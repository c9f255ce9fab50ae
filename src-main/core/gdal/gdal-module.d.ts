/** The parts we use of the Emscripten module inside gdal3.js (GDAL 3.8.4), which ships without types. */
declare module 'gdal3.js/build/package/gdal3WebAssembly.js' {
  /** A file or folder as the in-memory file system keeps it. */
  export interface FsNode {
    readonly contents: Uint8Array;
    readonly usedBytes: number;
  }

  export interface EmscriptenFs {
    readonly filesystems?: unknown;
    readonly ErrnoError: new (code: number) => Error;
    mkdir(path: string): void;
    mkdirTree(path: string): void;
    rmdir(path: string): void;
    readdir(path: string): string[];
    symlink(target: string, path: string): void;
    unlink(path: string): void;
    writeFile(path: string, data: Uint8Array | string): void;
    readFile(path: string): Uint8Array;
    lookupPath(path: string): { node: FsNode };
    analyzePath(path: string): { exists: boolean };
    mount(type: unknown, options: { root: string }, mountPoint: string): unknown;
  }

  /** Folders of the host. */
  export interface HostFs {
    readonly node_ops: { readlink: (node: unknown) => string };
    realPath(node: unknown): string;
  }

  type CType = 'number' | 'string' | null;

  export interface GdalModule {
    readonly FS: EmscriptenFs;
    readonly NODEFS: HostFs;
    readonly HEAPU8: Uint8Array;
    readonly HEAP32: Int32Array;
    readonly HEAPU32: Uint32Array;
    cwrap(name: string, result: CType, parameters: readonly CType[]): (...values: unknown[]) => unknown;
    stringToUTF8(text: string, pointer: number, maxBytes: number): void;
    lengthBytesUTF8(text: string): number;
    UTF8ToString(pointer: number): string;
    _malloc(bytes: number): number;
    _free(pointer: number): void;
  }

  export interface ModuleSettings {
    wasmBinary: Uint8Array;
    getPreloadedPackage: () => ArrayBuffer;
    locateFile: (fileName: string) => string;
    preRun: ((module: { ENV: Record<string, string> }) => void)[];
    print: (line: string) => void;
    printErr: (line: string) => void;
  }

  const createGdalModule: (settings: ModuleSettings) => Promise<GdalModule>;
  export default createGdalModule;
}
