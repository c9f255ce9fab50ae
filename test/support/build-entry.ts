import { mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'vite';

const root = resolve(import.meta.dirname, '../..');

export interface BuiltEntry {
  readonly path: string;
  remove(): void;
}

/** Builds one process entry as the product does (CommonJS, native libraries left outside), for tests that start processes. */
export async function buildEntry(sourcePath: string): Promise<BuiltEntry> {
  // Inside the checkout, so that the built file finds node_modules.
  const directory = mkdtempSync(join(root, 'node_modules', '.entry-'));
  await build({
    configFile: false,
    root,
    logLevel: 'error',
    ssr: { noExternal: true, external: ['onnxruntime-node', 'gdal3.js'] },
    build: {
      ssr: resolve(root, sourcePath),
      outDir: directory,
      target: 'node16',
      rolldownOptions: {
        output: { format: 'cjs', entryFileNames: 'entry.cjs', chunkFileNames: '[name]-[hash].cjs' },
      },
    },
  });
  return {
    path: join(directory, 'entry.cjs'),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}
