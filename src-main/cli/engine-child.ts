/** Starts an engine process and calls its routes. A crash of the engine is an error of each call that it owes, not of the caller. */
import type { EngineReply, EngineRequest } from '../contract/engine-message.ts';
import type { EngineProcess, StartEngine } from '../contract/engine-process.ts';
import { Think2SegError } from '../contract/errors.ts';
import type { OnProgress } from '../contract/progress.ts';
import type { RouteInput, RouteName, RouteOutputs } from '../contract/routes.ts';
import { UnheardCallError } from './unheard-call.ts';

interface PendingCall {
  onProgress: OnProgress;
  resolve: (output: unknown) => void;
  reject: (error: Think2SegError) => void;
  /** The process heard it. */
  begun: boolean;
}

export class EngineChild {
  readonly #process: EngineProcess;
  readonly #pending = new Map<number, PendingCall>();
  readonly #exited: Promise<void>;
  /** Requests of the time before the process hears any; null since it does. */
  #waiting: EngineRequest[] | null = [];
  /** Makes the error of calls that this process can no longer answer; null while it runs. */
  #crash: ((begun: boolean) => Think2SegError) | null = null;
  #nextId = 1;

  constructor(start: StartEngine) {
    let exited = (): void => undefined;
    this.#exited = new Promise((resolve) => {
      exited = resolve;
    });
    this.#process = start({
      onReply: (reply) => this.#receive(reply),
      onExit: (how, lastWords) => {
        exited();
        this.#failAll(how, lastWords);
      },
    });
  }

  get hasExited(): boolean {
    return this.#crash !== null;
  }

  /**
   * Calls one route. An abort asks the engine to stop; the returned promise then rejects with CANCELLED. It rejects with an UnheardCallError
   * where a process that was ready has ended before it heard of the call.
   */
  call<Name extends RouteName>(
    route: Name,
    input: RouteInput<Name>,
    options: { onProgress: OnProgress; signal: AbortSignal },
  ): Promise<RouteOutputs[Name]> {
    if (this.#crash !== null) {
      return Promise.reject(this.#crash(false));
    }
    const id = this.#nextId++;
    return new Promise<RouteOutputs[Name]>((resolve, reject) => {
      const cancel = (): void => {
        this.#send({ kind: 'cancel', id });
      };
      const settle = (): void => {
        options.signal.removeEventListener('abort', cancel);
        this.#pending.delete(id);
      };
      this.#pending.set(id, {
        onProgress: options.onProgress,
        resolve: (output) => {
          settle();
          // The engine answers a route with that route's output; both sides are built from the same map.
          resolve(output as RouteOutputs[Name]);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
        begun: false,
      });
      options.signal.addEventListener('abort', cancel);
      this.#send({ kind: 'call', id, route, input });
    });
  }

  /** Ends the process now, in whatever state it is. */
  kill(): Promise<void> {
    this.#process.kill();
    return this.#exited;
  }

  #send(request: EngineRequest): void {
    if (this.#waiting === null) {
      this.#process.send(request);
    } else {
      this.#waiting.push(request);
    }
  }

  #receive(reply: EngineReply): void {
    if (reply.kind === 'ready') {
      this.#waiting?.forEach((request) => this.#process.send(request));
      this.#waiting = null;
      return;
    }
    const call = this.#pending.get(reply.id);
    switch (reply.kind) {
      case 'begun':
        if (call !== undefined) {
          call.begun = true;
        }
        return;
      case 'progress':
        call?.onProgress(reply.event);
        return;
      case 'done':
        call?.resolve(reply.output);
        return;
      case 'failed':
        call?.reject(Think2SegError.fromEnvelope(reply.error));
        return;
    }
  }

  #failAll(how: string, lastWords: string): void {
    const message =
      `the engine process ended with ${how} before it answered; ` +
      `if memory was short, try a smaller window or a smaller pack`;
    // One that ends before it is ready would do so again.
    const wasReady = this.#waiting === null;
    const crash = (begun: boolean): Think2SegError => {
      const ErrorClass = begun || !wasReady ? Think2SegError : UnheardCallError;
      return new ErrorClass('ENGINE_CRASHED', message, { detail: lastWords });
    };
    this.#crash = crash;
    for (const call of [...this.#pending.values()]) {
      call.reject(crash(call.begun));
    }
  }
}
