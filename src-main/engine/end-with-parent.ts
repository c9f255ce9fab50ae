import { Worker } from 'node:worker_threads';

const lookEveryMs = 500;

/**
 * A process whose parent dies is given another one, so that the number changes. On Windows it keeps the number; there the process behind
 * it is asked for. Plain JavaScript, because a thread starts from text or from a file of its own.
 */
const watch = `
  const { parentPid, lookEveryMs } = require('node:worker_threads').workerData;
  const isThere = () => {
    try {
      process.kill(parentPid, 0);
      return process.ppid === parentPid;
    } catch (error) {
      return error.code === 'EPERM';
    }
  };
  setInterval(() => isThere() || process.kill(process.pid, 'SIGKILL'), lookEveryMs);
`;

/**
 * Ends this process soon after its parent did, whatever it is at: a thread inside a native call, such as a run of a model, hears of no
 * closed channel, and would go on and keep what it has locked.
 */
export function endWithParent(): void {
  new Worker(watch, { eval: true, workerData: { parentPid: process.ppid, lookEveryMs } }).unref();
}
