/** Runs the queries of a batch in engine processes, one for each slot, each with its part of the machine. A process that dies takes one scene with it; the next gets a new one. */
import { setTimeout as delay } from 'node:timers/promises';
import { Think2SegError } from '../contract/errors.ts';
import type { SegmentInput } from '../contract/routes.ts';
import type { SegmentResult } from '../contract/segment-result.ts';
import type { Executor } from '../core/batch/run-batch.ts';
import { processorThreads } from '../core/inference/threads.ts';
import { EngineChild } from './engine-child.ts';
import { startEngine } from './start-engine.ts';
import { askedUntilHeard } from './unheard-call.ts';

/** How long an engine may take to hear that it should stop; inside a native call it hears nothing. */
const graceMs = 400;

export class EnginePool implements Executor {
  readonly slots: number;
  readonly #engines: (EngineChild | undefined)[] = [];

  constructor(slots: number) {
    this.slots = slots;
  }

  run(slot: number, input: SegmentInput, signal: AbortSignal): Promise<SegmentResult> {
    return askedUntilHeard(() => this.#runOnce(slot, input, signal), signal);
  }

  async #runOnce(slot: number, input: SegmentInput, signal: AbortSignal): Promise<SegmentResult> {
    signal.throwIfAborted();
    const engine = this.#engineOf(slot);
    let discard = (): void => undefined;
    const discarded = new Promise<never>((_, reject) => {
      discard = () => {
        void delay(graceMs)
          .then(() => engine.kill())
          .then(() => reject(new Think2SegError('CANCELLED', 'the engine was ended on request')));
      };
    });
    const answered = engine.call(
      'query.segment',
      { ...input, ...this.#partOf(input) },
      { onProgress: () => undefined, signal },
    );
    // Whichever of the two comes second has nobody to tell.
    answered.catch(() => undefined);
    discarded.catch(() => undefined);
    signal.addEventListener('abort', discard);
    try {
      return await Promise.race([answered, discarded]);
    } catch (error) {
      const crashed = error instanceof Think2SegError && error.code === 'ENGINE_CRASHED';
      if (crashed) {
        // Whoever ends all processes of a job ends this one too, in a moment: the scene is not to blame then.
        await delay(graceMs);
      }
      if (crashed || signal.aborted) {
        this.#engines[slot] = undefined;
        await engine.kill();
      }
      throw crashed && signal.aborted
        ? new Think2SegError('CANCELLED', 'the engine was ended on request', { cause: error })
        : error;
    } finally {
      signal.removeEventListener('abort', discard);
    }
  }

  /** One that died while nobody asked it anything is replaced like one that died at work. */
  #engineOf(slot: number): EngineChild {
    const idle = this.#engines[slot];
    const engine = idle === undefined || idle.hasExited ? new EngineChild(startEngine) : idle;
    this.#engines[slot] = engine;
    return engine;
  }

  /** Threads that were asked for are of each engine, as a run of one model uses them; what nobody asked for is shared. */
  #partOf({ threads, memoryBytes }: SegmentInput): Pick<SegmentInput, 'threads' | 'memoryBytes'> {
    const share = this.slots === 1 ? null : Math.max(1, Math.floor(processorThreads() / this.slots));
    return {
      threads: threads ?? share,
      ...(memoryBytes === undefined ? {} : { memoryBytes: Math.floor(memoryBytes / this.slots) }),
    };
  }

  async close(): Promise<void> {
    for (const engine of this.#engines) {
      await engine?.kill();
    }
  }
}
