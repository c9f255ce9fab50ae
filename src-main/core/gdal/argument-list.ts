import type { GdalModule } from 'gdal3.js/build/package/gdal3WebAssembly.js';

/** Hands `values` to C as a null-terminated array of UTF-8 strings while `use` runs, and frees it after. */
export function withArgumentList<T>(module: GdalModule, values: readonly string[], use: (pointer: number) => T): T {
  const strings = values.map((value) => {
    const bytes = module.lengthBytesUTF8(value) + 1;
    const pointer = module._malloc(bytes);
    module.stringToUTF8(value, pointer, bytes);
    return pointer;
  });
  const list = module._malloc((strings.length + 1) * 4);
  // The heap may have moved while the strings were allocated: a fresh view, and explicit little-endian words.
  const words = new DataView(module.HEAPU8.buffer, list, (strings.length + 1) * 4);
  strings.forEach((pointer, index) => {
    words.setUint32(index * 4, pointer, true);
  });
  words.setUint32(strings.length * 4, 0, true);
  try {
    return use(list);
  } finally {
    strings.forEach((pointer) => {
      module._free(pointer);
    });
    module._free(list);
  }
}
