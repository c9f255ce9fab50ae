/** Shows progress on stderr: one line that is redrawn on a terminal, one line per stage in a log. */
import type { ProgressEvent, Stage } from '../contract/progress.ts';
import { inOneLine } from './terminal-text.ts';

const stageWords: Record<Stage, string> = {
  loading: 'loading models',
  reading: 'reading the raster',
  seeing: 'seeing',
  thinking: 'thinking',
  placing: 'placing prompts',
  segmenting: 'segmenting',
  outlining: 'outlining',
  writing: 'writing',
  evaluating: 'evaluating',
  batch: 'working through the batch',
};

const redrawMs = 80;

function seconds(ms: number): string {
  return ms < 60_000
    ? `${(ms / 1000).toFixed(1)} s`
    : `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}

export class ProgressPrinter {
  readonly #stream: NodeJS.WriteStream;
  readonly #live: boolean;
  #stage: Stage | null = null;
  #stageStartMs = 0;
  #thought = '';
  #lastDrawMs = 0;
  #lineOpen = false;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    this.#live = stream.isTTY;
  }

  show(event: ProgressEvent): void {
    if (event.stage !== this.#stage) {
      this.#clear();
      this.#stage = event.stage;
      this.#stageStartMs = Date.now();
      if (!this.#live) {
        this.#stream.write(`${stageWords[event.stage]}\n`);
      }
    }
    if (event.note !== undefined) {
      this.#clear();
      this.#stream.write(`note: ${inOneLine(event.note)}\n`);
    }
    if (event.text !== undefined) {
      this.#thought += event.text;
    }
    if (this.#live) {
      this.#draw(event);
    }
  }

  /** Leaves the terminal with the cursor on an empty line. */
  end(): void {
    this.#clear();
  }

  #draw(event: ProgressEvent): void {
    const nowMs = Date.now();
    if (nowMs - this.#lastDrawMs < redrawMs && event.text !== undefined) {
      return;
    }
    this.#lastDrawMs = nowMs;
    const elapsedMs = nowMs - this.#stageStartMs;
    const parts = [stageWords[event.stage]];
    if (event.done !== undefined && event.total !== undefined && event.total > 0) {
      parts.push(`${event.done}/${event.total}`);
      if (event.done > 0 && event.done < event.total && elapsedMs > 1000) {
        parts.push(`about ${seconds((elapsedMs / event.done) * (event.total - event.done))} left`);
      }
    }
    if (event.tokensPerSecond !== undefined) {
      parts.push(`${event.tokensPerSecond.toFixed(1)} tokens/s`);
    }
    parts.push(seconds(elapsedMs));
    if (this.#thought !== '') {
      parts.push(inOneLine(this.#thought).replace(/\s+/g, ' ').trim());
    }
    const width = Math.max(20, this.#stream.columns - 1);
    const line = parts.join('  ');
    const shown =
      line.length <= width ? line : `${parts.slice(0, -1).join('  ')}  …${line.slice(-(width / 2))}`.slice(0, width);
    this.#stream.write(`\r\u001b[2K${shown}`);
    this.#lineOpen = true;
  }

  #clear(): void {
    if (this.#lineOpen) {
      this.#stream.write('\r\u001b[2K');
      this.#lineOpen = false;
    }
  }
}
