/**
 * Calls routes of an engine process and outlives it: a crash fails the calls that were running and a new engine starts. A cancelled call
 * is over at once for who made it; an engine that does not let go of it in time is replaced.
 */
import type { EngineReply } from '../contract/engine-message.ts';
import type { EngineProcess, StartEngine } from '../contract/engine-process.ts';
import { Think2SegError } from '../contract/errors.ts';
import type { OnProgress } from '../contract/progress.ts';

export type EngineState = { state: 'starting' | 'ready' } | { state: 'crashed'; reason: string };

export interface EngineClientOptions {
  readonly start: StartEngine;
  readonly onState: (state: EngineState) => void;
  /** A call was running in an engine that is gone; what it left on the disk can be removed now. */
  readonly onLost: (input: unknown) => Promise<void>;
  /** How long the engine may take to end a cancelled call. */
  readonly graceMs: number;
}

interface PendingCall {
  readonly callId: number;
  readonly route: string;
  readonly input: unknown;
  readonly onProgress: OnProgress;
  readonly resolve: (output: unknown) => void;
  readonly reject: (error: Think2SegError) => void;
  sent: boolean;
  /** The engine heard it. */
  begun: boolean;
  /** An engine ended before it heard it: the next one gets it, once. */
  unheard: boolean;
}

export class EngineClient {
  readonly #options: EngineClientOptions;
  readonly #pending = new Map<number, PendingCall>();
  /** Cancelled calls that the engine still works on. */
  readonly #stopping = new Map<number, { input: unknown; timer: NodeJS.Timeout }>();
  #engine: EngineProcess | null = null;
  /** Settles when the engine of last is gone and what it left has been removed. */
  #gone = Promise.resolve();
  #ready = false;
  /** The exit that is awaited is our own doing. */
  #replacing = false;
  #closed = false;
  #nextId = 1;

  constructor(options: EngineClientOptions) {
    this.#options = options;
  }

  /** Starts an engine unless one runs. Calls start it too. */
  start(): void {
    if (this.#engine !== null || this.#closed) {
      return;
    }
    this.#options.onState({ state: 'starting' });
    this.#gone = new Promise((resolve) => {
      this.#engine = this.#options.start({
        onReply: (reply) => this.#receive(reply),
        onExit: (how, lastWords) => resolve(this.#exited(how, lastWords)),
      });
    });
  }

  /** `callId` is the caller's own name for the call. Rejects with the engine's error, CANCELLED or ENGINE_CRASHED. */
  call(route: string, input: unknown, callId: number, onProgress: OnProgress): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      this.#pending.set(id, {
        callId,
        route,
        input,
        onProgress,
        resolve,
        reject,
        sent: false,
        begun: false,
        unheard: false,
      });
      this.start();
      this.#flush();
    });
  }

  cancel(callId: number): void {
    for (const [id, call] of this.#pending) {
      if (call.callId === callId) {
        this.#pending.delete(id);
        if (call.sent) {
          this.#engine?.send({ kind: 'cancel', id });
          const timer = setTimeout(() => this.#replace(), this.#options.graceMs);
          this.#stopping.set(id, { input: call.input, timer });
        }
        call.reject(new Think2SegError('CANCELLED', 'stopped on request; nothing was written'));
      }
    }
  }

  /** A new engine, also where the old one works. Calls that ran begin again in the new one. */
  restart(): void {
    if (this.#engine === null) {
      this.start();
    } else {
      this.#replace();
    }
  }

  /** Ends the engine for good. Resolves when it is gone and what its calls left on the disk is removed. */
  close(): Promise<void> {
    this.#closed = true;
    this.#replace();
    return this.#gone;
  }

  #replace(): void {
    this.#replacing = true;
    this.#engine?.kill();
  }

  /** Calls wait while the engine starts or may have to be replaced because of a cancelled call. */
  #flush(): void {
    if (!this.#ready || this.#stopping.size > 0) {
      return;
    }
    for (const [id, call] of this.#pending) {
      if (!call.sent) {
        call.sent = true;
        this.#engine?.send({ kind: 'call', id, route: call.route, input: call.input });
      }
    }
  }

  #receive(reply: EngineReply): void {
    if (reply.kind === 'ready') {
      this.#ready = true;
      this.#options.onState({ state: 'ready' });
      this.#flush();
      return;
    }
    const call = this.#pending.get(reply.id);
    if (reply.kind === 'begun') {
      if (call !== undefined) {
        call.begun = true;
      }
      return;
    }
    if (reply.kind === 'progress') {
      call?.onProgress(reply.event);
      return;
    }
    this.#pending.delete(reply.id);
    clearTimeout(this.#stopping.get(reply.id)?.timer);
    this.#stopping.delete(reply.id);
    if (reply.kind === 'done') {
      call?.resolve(reply.output);
    } else {
      call?.reject(Think2SegError.fromEnvelope(reply.error));
    }
    this.#flush();
  }

  async #exited(how: string, lastWords: string): Promise<void> {
    const wasReady = this.#ready;
    const wanted = this.#replacing;
    this.#engine = null;
    this.#ready = false;
    this.#replacing = false;
    for (const { timer } of this.#stopping.values()) {
      clearTimeout(timer);
    }
    const lost = [...this.#stopping.values(), ...[...this.#pending.values()].filter(({ sent }) => sent)];
    this.#stopping.clear();
    const reason =
      `the engine process ended (${how}); if memory was short, try a smaller window, a smaller pack or ` +
      `fewer open programs`;
    for (const [id, call] of this.#pending) {
      const isUnheard = wasReady && call.sent && !call.begun && !call.unheard;
      if (wanted || isUnheard) {
        call.sent = false;
        call.begun = false;
        call.unheard ||= isUnheard;
      } else if (call.sent || !wasReady) {
        this.#pending.delete(id);
        call.reject(new Think2SegError('ENGINE_CRASHED', reason, { detail: lastWords }));
      }
    }
    if (!wanted) {
      this.#options.onState({ state: 'crashed', reason });
    }
    for (const { input } of lost) {
      await this.#options.onLost(input);
    }
    // One that dies before it is ready would do so again at once: the next call or the user tries again.
    if (wanted || wasReady) {
      this.start();
    }
  }
}
