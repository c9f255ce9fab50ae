import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { PythonProcess, pythonMissing } from '../support/python.ts';

/** One line of the table. */
export interface BenchRow {
  /** Part of the program, for example `vector`. */
  readonly area: string;
  readonly case: string;
  readonly oursMs: number;
  /** Null when the peer is absent here. */
  readonly peerMs: number | null;
  /** Name and version of the peer, or why it is absent. */
  readonly peer: string;
  /** `oursMs / peerMs`: under 1 is faster than the peer. */
  readonly ratio: number | null;
  /** Greatest ratio wanted. */
  readonly target?: number;
  /** What the reader must know to judge the figure: what is counted and what not. */
  readonly note?: string;
}

/** What `test/bench/NAME.ts` exports for the runner to find it. */
export interface BenchModule {
  bench(): Promise<BenchRow[]>;
}

/** A Python program that does the same work and times itself. */
export interface Peer {
  readonly name: string;
  /** Runs one operation; the reply's `ms` is the time Python measured around the work alone. */
  time(request: { op: string } & Record<string, unknown>): Promise<{ ms: number } & Record<string, unknown>>;
  close(): void;
}

/** Why a peer cannot run here. */
export interface AbsentPeer {
  readonly absent: string;
}

/**
 * Starts `test/bench/peers/SCRIPT` in the Python of `models/.venv`, or says why that is impossible.
 * The script answers `{"op": "hello"}` with `{"name": "rasterio 1.4.4"}`.
 */
export async function openPeer(script: string, modules: readonly string[]): Promise<Peer | AbsentPeer> {
  const reason = pythonMissing(modules);
  if (reason !== null) {
    return { absent: reason };
  }
  const python = new PythonProcess(resolve(import.meta.dirname, '../../test/bench/peers', script));
  const hello = await python.ask({ op: 'hello' });
  return {
    name: String(hello['name']),
    async time(request) {
      const reply = await python.ask(request);
      if (typeof reply['ms'] !== 'number') {
        throw new Error(`${script} answered ${JSON.stringify(request)} without "ms": ${JSON.stringify(reply)}`);
      }
      return { ...reply, ms: reply['ms'] };
    },
    close: () => python.close(),
  };
}

export interface Comparison {
  readonly area: string;
  readonly case: string;
  /** One run of ours; the harness times it, or takes the milliseconds that it returns. */
  readonly ours: () => Promise<number | undefined> | number | undefined;
  /** One run of the peer: the milliseconds it took. */
  readonly peer: ((peer: Peer) => Promise<number>) | null;
  readonly opened: Peer | AbsentPeer;
  /** Counted runs of each, after one uncounted run of each. Default 5. */
  readonly runs?: number;
  /** Waited before each run of either, then one uncounted run wakes the processor. Default none. */
  readonly pauseMs?: number;
  readonly target?: number;
  readonly note?: string;
}

/** As `pauseMs`: idle threads of ONNX Runtime turn for some 30 ms after a run, on a core that the other side then lacks. */
export const afterModelRunMs = 100;

/** Runs ours and the peer in turn, so that both meet the same machine, and compares the medians. */
export async function compare(comparison: Comparison): Promise<BenchRow> {
  const { opened, peer } = comparison;
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let run = 0; run <= (comparison.runs ?? 5); run++) {
    await sleep(comparison.pauseMs ?? 0);
    if (comparison.pauseMs !== undefined) {
      await comparison.ours();
    }
    const start = performance.now();
    const returned = await comparison.ours();
    ours.push(returned ?? performance.now() - start);
    if (peer !== null && !('absent' in opened)) {
      await sleep(comparison.pauseMs ?? 0);
      if (comparison.pauseMs !== undefined) {
        await peer(opened);
      }
      theirs.push(await peer(opened));
    }
  }
  const oursMs = median(ours.slice(1));
  const peerMs = theirs.length === 0 ? null : median(theirs.slice(1));
  // Said at once: a run that is stopped early has still told something.
  console.log(
    `  ${comparison.case}: ${oursMs.toFixed(1)} ms, peer ${peerMs === null ? 'absent' : `${peerMs.toFixed(1)} ms`}`,
  );
  return {
    area: comparison.area,
    case: comparison.case,
    oursMs,
    peerMs,
    peer: 'absent' in opened ? `absent: ${opened.absent}` : opened.name,
    ratio: peerMs === null ? null : oursMs / peerMs,
    ...(comparison.target === undefined ? {} : { target: comparison.target }),
    ...(comparison.note === undefined ? {} : { note: comparison.note }),
  };
}

/** Middle value; the mean of the middle two when there is an even number. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[sorted.length >> 1];
  const lower = sorted[(sorted.length - 1) >> 1];
  if (upper === undefined || lower === undefined) {
    throw new Error('the median of no values was asked for');
  }
  return (upper + lower) / 2;
}
