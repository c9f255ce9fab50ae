/** Progress of an evaluation on stderr: a line that is redrawn on a terminal, a line now and then in a log. */
import type { ProgressEvent } from '../contract/progress.ts';
import { describeDuration } from './batch-printer.ts';

const redrawMs = 200;
const logMs = 15_000;

export class EvaluationPrinter {
  readonly #stream: NodeJS.WriteStream;
  readonly #live: boolean;
  /** Samples that an earlier run had done, and when this one began. */
  #start: { readonly done: number; readonly atMs: number } | null = null;
  #lastMs = -Infinity;
  #lineOpen = false;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    this.#live = stream.isTTY;
  }

  show({ stage, done, total }: ProgressEvent): void {
    if (stage !== 'evaluating' || done === undefined || total === undefined) {
      return;
    }
    const nowMs = performance.now();
    this.#start ??= { done, atMs: nowMs };
    const isLast = done === total;
    if (!isLast && nowMs - this.#lastMs < (this.#live ? redrawMs : logMs)) {
      return;
    }
    this.#lastMs = nowMs;
    const line = this.#describe(done, total, nowMs);
    this.#stream.write(this.#live ? `\r\u001b[2K${line}` : `${line}\n`);
    this.#lineOpen = this.#live;
  }

  /** Leaves the terminal with the cursor on an empty line. */
  end(): void {
    if (this.#lineOpen) {
      this.#stream.write('\r\u001b[2K');
      this.#lineOpen = false;
    }
  }

  #describe(done: number, total: number, nowMs: number): string {
    const start = this.#start ?? { done, atMs: nowMs };
    const parts = [`${done}/${total} samples`];
    if (start.done > 0) {
      parts.push(`${start.done} from an earlier run`);
    }
    const fresh = done - start.done;
    if (fresh > 0) {
      const msPerSample = (nowMs - start.atMs) / fresh;
      parts.push(
        msPerSample < 1000
          ? `${(1000 / msPerSample).toFixed(1)} samples/s`
          : `${(msPerSample / 1000).toFixed(1)} s/sample`,
      );
      if (done < total) {
        parts.push(`about ${describeDuration(msPerSample * (total - done))} left`);
      }
    }
    return parts.join('  ');
  }
}
