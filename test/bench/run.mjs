// Benchmarks run as the product does: built, in a process that holds nothing else. (Node 20 does not run TypeScript either.)
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { build } from 'vite';

const root = fileURLToPath(new URL('../..', import.meta.url));
// As deep below the root as the sources, which find their files from where they are.
const outDir = `${root}/out/benches-${process.pid}`;
try {
  await build({
    configFile: false,
    root,
    logLevel: 'warn',
    ssr: { noExternal: true, external: ['onnxruntime-node', 'gdal3.js', 'playwright-core'] },
    build: {
      ssr: 'test/bench/run.ts',
      outDir,
      target: 'node20',
      rolldownOptions: { output: { entryFileNames: '[name].mjs', chunkFileNames: '[name]-[hash].mjs' } },
    },
  });
  const { status, error } = spawnSync(process.execPath, [`${outDir}/run.mjs`, ...process.argv.slice(2)], {
    stdio: 'inherit',
  });
  if (error !== undefined) {
    throw error;
  }
  process.exitCode = status ?? 1;
} finally {
  rmSync(outDir, { recursive: true, force: true });
}
