/** Starts an engine as a child process and calls its routes. A crash of the engine is an error of the call, not of the caller. */
import { fork, type ChildProcess } from 'node:child_process';
import type { EngineReply, EngineRequest } from '../contract/engine-message.ts';
import { Think2SegError } from '../contract/errors.ts';
import type { OnProgress } from '../contract/progress.ts';
import type { RouteInput, RouteName, RouteOutputs } from '../contract/routes.ts';

interface PendingCall {
  onProgress: OnProgress;
  resolve: (output: unknown) => void;
  reject: (error: Think2SegError) => void;
}

const stderrKeptBytes = 8_192;

export class EngineChild {
  readonly #child: ChildProcess;
  readonly #pending = new Map<number, PendingCall>();
  #nextId = 1;
  #stderrTail = '';
  #ending = false;

  constructor(entryPath: string) {
    this.#child = fork(entryPath, [], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], serialization: 'json' });
    this.#child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      this.#stderrTail = (this.#stderrTail + chunk).slice(-stderrKeptBytes);
    });
    this.#child.on('message', (message) => {
      this.#receive(message as EngineReply);
    });
    this.#child.on('error', (error) => {
      this.#failAll(`the engine process could not be started: ${error.message}; check the installation`);
    });
    this.#child.on('exit', (code, signal) => {
      if (!this.#ending || this.#pending.size > 0) {
        const how = signal === null ? `exit status ${String(code)}` : `signal ${signal}`;
        this.#failAll(
          `the engine process ended with ${how} before it answered; ` +
            `if memory was short, try a smaller window or a smaller pack`,
        );
      }
    });
  }

  /** Calls one route. An abort asks the engine to stop; the returned promise then rejects with CANCELLED. */
  call<Name extends RouteName>(
    route: Name,
    input: RouteInput<Name>,
    options: { onProgress: OnProgress; signal: AbortSignal },
  ): Promise<RouteOutputs[Name]> {
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
      });
      options.signal.addEventListener('abort', cancel);
      this.#send({ kind: 'call', id, route, input });
    });
  }

  /** Ends the process now, in whatever state it is. */
  kill(): Promise<void> {
    this.#ending = true;
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) {
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      this.#child.once('exit', () => {
        resolve();
      });
      this.#child.kill('SIGKILL');
    });
  }

  #send(request: EngineRequest): void {
    if (this.#child.connected) {
      this.#child.send(request);
    }
  }

  #receive(reply: EngineReply): void {
    if (reply.kind === 'ready') {
      return;
    }
    const call = this.#pending.get(reply.id);
    switch (reply.kind) {
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

  #failAll(message: string): void {
    for (const call of [...this.#pending.values()]) {
      call.reject(new Think2SegError('ENGINE_CRASHED', message, { detail: this.#stderrTail }));
    }
  }
}
