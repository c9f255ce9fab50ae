/** Progress of a batch on stderr: a line that is redrawn on a terminal, a line for each scene in a log. */
import { basename } from 'node:path';
import type { BatchEvent } from '../contract/batch.ts';
import { inOneLine } from './terminal-text.ts';

/** Scenes that the rate is taken from: the speed of now, not of an hour ago. */
const rateWindow = 50;

export function describeDuration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) {
    return `${seconds} s`;
  }
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min ${seconds % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export class BatchPrinter {
  readonly #stream: NodeJS.WriteStream;
  readonly #live: boolean;
  readonly #finishedAtMs: number[] = [performance.now()];
  #lineOpen = false;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    this.#live = stream.isTTY;
  }

  show(event: BatchEvent): void {
    switch (event.kind) {
      case 'item-started':
        // Loading models takes a while, and so may the first scene.
        if (this.#live && this.#finishedAtMs.length === 1) {
          this.#draw(`at work on ${inOneLine(`${basename(event.path)}  ${event.question}`)}`);
        }
        return;
      case 'item-known':
        if (event.state === 'failed') {
          this.#showFailure('failed before', event.path, event.code ?? '', event.message ?? '');
        }
        return;
      case 'note':
        this.#clear();
        this.#stream.write(`note: ${inOneLine(event.note)}\n`);
        return;
      case 'item-finished':
        this.#finishedAtMs.push(performance.now());
        if (this.#finishedAtMs.length > rateWindow) {
          this.#finishedAtMs.shift();
        }
        this.#showFinished(event);
        return;
    }
  }

  /** Leaves the terminal with the cursor on an empty line. */
  end(): void {
    this.#clear();
  }

  #showFinished({ line, finished, failed, total }: Extract<BatchEvent, { kind: 'item-finished' }>): void {
    const what = inOneLine(`${basename(line.path)}${line.question === '' ? '' : `  ${line.question}`}`);
    if (line.state === 'failed') {
      this.#showFailure('failed', line.path, line.code, line.message);
    }
    const rate = this.#itemsPerSecond();
    const pace = rate >= 1 || rate === 0 ? `${rate.toFixed(1)} scenes/s` : `${(1 / rate).toFixed(1)} s/scene`;
    const counts = `${finished}/${total}${failed === 0 ? '' : `, ${failed} failed`}`;
    const left =
      rate === 0 || finished === total ? '' : `  about ${describeDuration(((total - finished) / rate) * 1000)} left`;
    if (!this.#live) {
      if (line.state === 'done') {
        const found =
          line.status === 'no-target'
            ? 'no target'
            : `${line.features} ${line.features === 1 ? 'polygon' : 'polygons'}`;
        this.#stream.write(`${counts}  ${what}: ${found}, ${(line.wallMs / 1000).toFixed(1)} s; ${pace}${left}\n`);
      }
      return;
    }
    const share = `${Math.floor((finished / total) * 100)} %`;
    const text = [`${share.padStart(5)} ${counts}`, pace, left.trim(), what].filter((part) => part !== '').join('  ');
    this.#draw(text);
  }

  #draw(text: string): void {
    this.#stream.write(`\r\u001b[2K${text.slice(0, Math.max(20, this.#stream.columns - 1))}`);
    this.#lineOpen = true;
  }

  #showFailure(how: string, path: string, code: string, message: string): void {
    this.#clear();
    this.#stream.write(`${inOneLine(`${how} ${path}: ${code}: ${message}`)}\n`);
  }

  #itemsPerSecond(): number {
    const [first = 0] = this.#finishedAtMs;
    const last = this.#finishedAtMs.at(-1) ?? 0;
    return last > first ? ((this.#finishedAtMs.length - 1) / (last - first)) * 1000 : 0;
  }

  #clear(): void {
    if (this.#lineOpen) {
      this.#stream.write('\r\u001b[2K');
      this.#lineOpen = false;
    }
  }
}
