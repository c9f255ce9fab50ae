import { svelte } from '@sveltejs/vite-plugin-svelte';
import { resolve } from 'node:path';
import { defineConfig } from 'electron-vite';

/**
 * One build for every process. Main, engine and command line are CommonJS for Node 16, the window is for Chromium 108, so that the
 * same files run in the command line's Node and in the oldest Electron that is supported (22).
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
          main: resolve('src-main/main.ts'),
          cli: resolve('src-main/cli.ts'),
          engine: resolve('src-main/engine/entry.ts'),
          'model-lane': resolve('src-main/engine/lanes/lane-entry.ts'),
          'file-digest': resolve('src-main/engine/digest/digest-entry.ts'),
          'provider-probe': resolve('src-main/engine/probe-entry.ts'),
        },
        output: {
          format: 'cjs',
          // The module loader of Electron 22 cannot look into the program's archive; require can.
          dynamicImportInCjs: false,
          entryFileNames: '[name].cjs',
          chunkFileNames: 'chunks/[name]-[hash].cjs',
        },
      },
    },
  },
  preload: {
    build: {
      outDir: 'out/preload',
      target: 'node16',
      minify: false,
      rolldownOptions: {
        external: ['electron'],
        input: { preload: resolve('src-main/preload.ts') },
        // A sandboxed preload can load nothing but electron: it must be one file.
        output: { format: 'cjs', entryFileNames: '[name].cjs', codeSplitting: false },
      },
    },
  },
  renderer: {
    root: 'src-renderer',
    plugins: [svelte()],
    build: {
      outDir: resolve('out/renderer'),
      target: 'chrome108',
      sourcemap: true,
      // The content security policy allows no data: scripts and the font of the interface may not depend on it.
      assetsInlineLimit: 0,
      rolldownOptions: { input: resolve('src-renderer/index.html') },
    },
  },
});
