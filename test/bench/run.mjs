// Node 20 does not run TypeScript; vite, which is here for the build, does.
import { fileURLToPath } from 'node:url';

import { createServer } from 'vite';

const server = await createServer({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  configFile: false,
  appType: 'custom',
  logLevel: 'warn',
  server: { middlewareMode: true, hmr: false, ws: false, watch: null },
  optimizeDeps: { noDiscovery: true },
});
try {
  const { run } = await server.ssrLoadModule('/test/bench/run.ts');
  await run(process.argv.slice(2));
} finally {
  await server.close();
}
