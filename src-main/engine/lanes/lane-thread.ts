/** The engine's end of a lane: starts the thread and calls it. */
import { Worker } from 'node:worker_threads';
import { Think2SegError } from '../../contract/errors.ts';
import type { LaneCallName, LaneCalls, LaneReply, LaneRequest, LaneStart } from './lane-calls.ts';

interface Pending {
  readonly resolve: (output: unknown) => void;
  readonly reject: (error: Error) => void;
}

export class LaneThread {
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;
  #images = 0;
  /** Why it does not answer any more. */
  #ended: Error | null = null;

  /** @param entryPath the built script that calls `serveLane()`. */
  constructor(entryPath: string, start: LaneStart) {
    this.#worker = new Worker(entryPath, { workerData: start });
    // An engine that has nothing else to do may end.
    this.#worker.unref();
    this.#worker.on('message', (reply: LaneReply) => this.#receive(reply));
    this.#worker.on('error', (error) => this.#fail(error));
    this.#worker.on('exit', () => this.#fail(new Error('its thread ended')));
  }

  /** @throws Think2SegError what the models throw; CANCELLED on an abort; INTERNAL when the thread has ended. */
  call<Name extends LaneCallName>(
    name: Name,
    input: LaneCalls[Name]['input'],
    signal: AbortSignal,
  ): Promise<LaneCalls[Name]['output']> {
    signal.throwIfAborted();
    const id = this.#nextId++;
    return new Promise<LaneCalls[Name]['output']>((resolve, reject) => {
      const cancel = (): void => this.#send({ kind: 'cancel', id });
      const settle = (): void => {
        signal.removeEventListener('abort', cancel);
        this.#pending.delete(id);
      };
      this.#pending.set(id, {
        resolve: (output) => {
          settle();
          // The lane answers a call with that call's output; both sides are built from the same map.
          resolve(output as LaneCalls[Name]['output']);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      });
      signal.addEventListener('abort', cancel);
      this.#send({ kind: 'call', id, name, input } as LaneRequest);
      if (this.#ended !== null) {
        this.#fail(this.#ended);
      }
    });
  }

  /** A name for an image that no other caller gives to one. */
  newImageNumber(): number {
    return ++this.#images;
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  #send(request: LaneRequest): void {
    this.#worker.postMessage(request);
  }

  #receive(reply: LaneReply): void {
    const pending = this.#pending.get(reply.id);
    if (reply.kind === 'done') {
      pending?.resolve(reply.output);
    } else {
      pending?.reject(Think2SegError.fromEnvelope(reply.error));
    }
  }

  #fail(cause: Error): void {
    this.#ended = cause;
    for (const { reject } of [...this.#pending.values()]) {
      reject(
        new Think2SegError(
          'INTERNAL',
          `models in a thread of their own do not answer (${cause.message}); start again`,
          {
            cause,
          },
        ),
      );
    }
  }
}
