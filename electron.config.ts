import { resolve } from 'node:path';
import { defineConfig } from 'electron-vite';

/**
 * One build for every process. The output is CommonJS for Node 16 so that the same files run in the command line's Node
 * and in the oldest Electron that is supported.
 */
export default defineConfig({
  main: {
    build: {
      outDir: 'out/main',
      target: 'node16',
      minify: false,
      sourcemap: true,
      // Native and WebAssembly libraries find their own files relative to themselves; everything else is bundled,
      // because some libraries are published in a form that a CommonJS program cannot require.
      externalizeDeps: false,
      rolldownOptions: {
        external: ['electron', 'onnxruntime-node', 'gdal3.js'],
        input: {
          cli: resolve('src-main/cli.ts'),
          engine: resolve('src-main/engine/entry.ts'),
          'provider-probe': resolve('src-main/engine/probe-entry.ts'),
        },
        output: { format: 'cjs', entryFileNames: '[name].cjs', chunkFileNames: 'chunks/[name]-[hash].cjs' },
      },
    },
  },
});
