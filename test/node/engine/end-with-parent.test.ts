import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildEntry, type BuiltEntry } from '../../support/build-entry.ts';
import { allEnded } from '../../support/process-tree.ts';

let watch: BuiltEntry;

beforeAll(async () => {
  watch = await buildEntry('src-main/engine/end-with-parent.ts');
});
afterAll(() => watch.remove());

/** Starts a child, tells its number, and does nothing more. */
const parent = `
  const child = require('node:child_process').spawn(process.execPath, ['-e', process.argv[1], process.argv[2]], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  child.stdout.once('data', () => console.log(child.pid));
`;
/** Blocks its thread for ever, as a native call does that never returns. */
const child = `
  require(process.argv[1]).endWithParent();
  require('node:fs').writeSync(1, 'up');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
`;

it.skipIf(process.platform !== 'linux')(
  'a process whose thread is blocked ends when its parent is killed, and not before',
  async () => {
    const running = spawn(process.execPath, ['-e', parent, child, watch.path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(running.stdout, 'data')) as [Buffer];
    const pid = Number(line.toString());
    await new Promise((done) => setTimeout(done, 1_500));
    expect(() => process.kill(pid, 0)).not.toThrow();
    const gone = once(running, 'exit');
    running.kill('SIGKILL');
    await gone;
    const killedMs = performance.now();
    await allEnded([pid]);
    expect(performance.now() - killedMs).toBeLessThan(10_000);
  },
  30_000,
);
