/** The packaged desktop: time until its window can be used, and what it takes at rest. */
import { setTimeout as delay } from 'node:timers/promises';
import { electronMissing } from '../support/electron-runtime.ts';
import { processTree } from '../support/process-tree.ts';
import { packageProgram, startPackaged } from '../support/packaged-program.ts';
import { memoryBytes, processorSeconds } from '../support/process-use.ts';
import type { BenchRow } from './harness.ts';

const starts = 10;
const settleMs = 15_000;
const restMs = 30_000;

export async function bench(): Promise<BenchRow[]> {
  if (electronMissing !== null) {
    console.log(`desktop is left out: ${electronMissing}`);
    return [];
  }
  const program = await packageProgram();
  try {
    const timesMs: number[] = [];
    for (let start = 0; start < starts; start++) {
      timesMs.push(await timeStart(program.executable));
    }
    timesMs.sort((a, b) => a - b);
    const rest = await measureRest(program.executable);
    return [
      {
        area: 'desktop',
        case: 'start to a window that can be used',
        oursMs: ((timesMs[starts / 2 - 1] ?? NaN) + (timesMs[starts / 2] ?? NaN)) / 2,
        peerMs: null,
        peer: 'none',
        ratio: null,
        note:
          `median of ${starts}, ${(timesMs[0] ?? NaN).toFixed(0)} to ${(timesMs.at(-1) ?? NaN).toFixed(0)} ms; at rest ` +
          `${(rest.bytes / 2 ** 20).toFixed(0)} MiB in ${rest.processes} processes, ${(rest.load * 100).toFixed(2)} % of one core`,
      },
    ];
  } finally {
    program.remove();
  }
}

/** From the start of the process until the first button answers. */
async function timeStart(executable: string): Promise<number> {
  const running = await startPackaged(executable);
  try {
    await running.window.getByRole('button', { name: 'Open raster' }).first().waitFor();
    return performance.now() - running.startedMs;
  } finally {
    await running.close();
  }
}

async function measureRest(executable: string): Promise<{ bytes: number; processes: number; load: number }> {
  const running = await startPackaged(executable);
  try {
    await running.window.getByRole('button', { name: 'Skip the tour' }).click();
    await delay(settleMs);
    const pids = processTree(running.pid);
    const before = processorSeconds(pids);
    await delay(restMs);
    return {
      bytes: memoryBytes(pids),
      processes: pids.length,
      load: (processorSeconds(pids) - before) / (restMs / 1_000),
    };
  } finally {
    await running.close();
  }
}
