/** Runs the queries of a batch on a Ray cluster, through a driver in Python. Ray decides where, and tries again what a dead node took with it. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { Think2SegError, type ErrorEnvelope } from '../contract/errors.ts';
import type { SegmentInput } from '../contract/routes.ts';
import type { SegmentResult } from '../contract/segment-result.ts';
import type { Executor } from '../core/batch/run-batch.ts';
import { removeScratch } from '../core/files/atomic-write.ts';

export interface RayOptions {
  /** Of the cluster: `auto`, `host:port`, `ray://host:port`. */
  readonly address: string;
  readonly pythonPath: string;
  readonly driverPath: string;
  /** Starts `think2seg serve` on a node. */
  readonly serveCommand: readonly string[];
  readonly packSha256: string;
  readonly taskCpus: number;
  readonly taskGpus: number;
}

type DriverReply =
  | { kind: 'ready'; slots: number }
  | { kind: 'done'; id: number; result: SegmentResult }
  | { kind: 'failed'; id: number; error: ErrorEnvelope };

interface Waiting {
  resolve: (result: SegmentResult) => void;
  reject: (error: Think2SegError) => void;
}

const stderrKeptBytes = 8_192;

export class RayPool implements Executor {
  readonly slots: number;
  readonly #driver: ChildProcessWithoutNullStreams;
  readonly #waiting = new Map<number, Waiting>();
  readonly #ended: Promise<void>;
  #nextId = 1;
  #failure: Think2SegError | null = null;

  private constructor(driver: ChildProcessWithoutNullStreams, slots: number, ended: Promise<void>) {
    this.#driver = driver;
    this.slots = slots;
    this.#ended = ended;
  }

  /** @throws Think2SegError PROVIDER_UNAVAILABLE when Python, Ray or the cluster is not there. */
  static async connect(options: RayOptions): Promise<RayPool> {
    const driver = spawn(options.pythonPath, [
      options.driverPath,
      ...['--address', options.address],
      ...['--serve', JSON.stringify(options.serveCommand)],
      ...['--pack-sha256', options.packSha256],
      ...['--task-cpus', String(options.taskCpus)],
      ...['--task-gpus', String(options.taskGpus)],
    ]);
    let stderrTail = '';
    driver.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderrTail = (stderrTail + text).slice(-stderrKeptBytes);
    });
    // Told of by the end of the process.
    driver.stdin.on('error', () => undefined);
    return new Promise((resolve, reject) => {
      let pool: RayPool | null = null;
      const ended = new Promise<void>((end) => {
        const fail = (how: string): void => {
          const reason = stderrTail.trim().split('\n').at(-1) ?? '';
          const error = new Think2SegError(
            'PROVIDER_UNAVAILABLE',
            `the Ray driver ${options.pythonPath} ${how}${reason === '' ? '' : ` (${reason})`}; expected Python with ray, ` +
              `see docs/cluster.md, and a cluster at ${options.address}`,
            { detail: stderrTail },
          );
          reject(error);
          if (pool !== null) {
            pool.#fail(error);
          }
          end();
        };
        driver.on('error', (error) => fail(`does not start: ${error.message}`));
        driver.on('close', (status, signal) => fail(`ended with ${signal ?? `status ${String(status)}`}`));
      });
      createInterface({ input: driver.stdout }).on('line', (line) => {
        const reply = JSON.parse(line) as DriverReply;
        if (reply.kind === 'ready') {
          pool = new RayPool(driver, reply.slots, ended);
          resolve(pool);
        } else if (pool !== null) {
          pool.#receive(reply);
        }
      });
    });
  }

  async run(_slot: number, input: SegmentInput, signal: AbortSignal): Promise<SegmentResult> {
    signal.throwIfAborted();
    if (this.#failure !== null) {
      throw this.#failure;
    }
    const id = this.#nextId++;
    const cancel = (): void => this.#send({ kind: 'cancel', id });
    signal.addEventListener('abort', cancel);
    try {
      return await new Promise<SegmentResult>((resolve, reject) => {
        this.#waiting.set(id, { resolve, reject });
        // How the models run belongs to the servers.
        const { packDirectory, provider, threads, memoryBytes, shareGpu, ...asked } = input;
        this.#send({ kind: 'segment', id, input: asked });
      });
    } catch (thrown) {
      // Ray ends a task by ending its process, which looks like a crash.
      throw signal.aborted ? new Think2SegError('CANCELLED', 'the task was ended on request') : thrown;
    } finally {
      signal.removeEventListener('abort', cancel);
      this.#waiting.delete(id);
      await removeScratchOf(input);
    }
  }

  async close(): Promise<void> {
    if (this.#waiting.size > 0) {
      this.#driver.kill('SIGKILL');
    }
    this.#driver.stdin.end();
    await this.#ended;
  }

  /** The driver is gone, and with it every answer. */
  #fail(error: Think2SegError): void {
    this.#failure = error;
    for (const { reject } of this.#waiting.values()) {
      reject(error);
    }
  }

  #receive(reply: Exclude<DriverReply, { kind: 'ready' }>): void {
    const waiting = this.#waiting.get(reply.id);
    if (reply.kind === 'done') {
      waiting?.resolve(reply.result);
    } else {
      waiting?.reject(Think2SegError.fromEnvelope(reply.error));
    }
  }

  #send(message: object): void {
    this.#driver.stdin.write(`${JSON.stringify(message)}\n`);
  }
}

/** A worker that was killed leaves unfinished files; every try has a name of its own that begins with the one of the item. */
async function removeScratchOf({ scratchName, outputPaths, overlayPath }: SegmentInput): Promise<void> {
  for (const path of [...outputPaths, ...(overlayPath === null ? [] : [overlayPath])]) {
    for (const name of (await readdir(dirname(path))).filter((entry) => entry.startsWith(scratchName))) {
      await removeScratch(path, name);
    }
  }
}
