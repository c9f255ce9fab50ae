/** The batch of the window: what is asked for, and how far it is. The manifest in its folder is its memory; this is only its picture. */
import type { BatchNews, BatchRequest, BatchResult } from '../../src-main/contract/batch.ts';
import { toThink2SegError } from '../../src-main/contract/errors.ts';
import { BatchPace } from './batch-pace.ts';
import type { Call } from './calls.ts';
import { Observable } from './observable.ts';

export interface BatchForm {
  readonly inputs: readonly string[];
  readonly tablePath: string | null;
  /** One a line. */
  readonly questions: string;
  readonly folder: string | null;
  readonly formats: readonly string[];
  readonly merge: boolean;
  readonly scale: BatchRequest['options']['scale'];
}

export type BatchRowState = 'waiting' | 'running' | 'done' | 'no-target' | 'failed';

export interface BatchRow {
  readonly key: string;
  readonly path: string;
  readonly question: string;
  readonly state: BatchRowState;
  /** Null until it is done. */
  readonly features: number | null;
  /** Why it failed. */
  readonly reason: string | null;
}

export interface BatchView {
  readonly phase: 'form' | 'running' | 'pausing' | 'paused' | 'done';
  readonly rows: readonly BatchRow[];
  readonly finished: number;
  readonly failed: number;
  readonly total: number;
  readonly msPerItem: number | null;
  readonly note: string | null;
  /** Why the whole batch stopped. */
  readonly problem: string | null;
  /** Manifest, summary page, merged GeoPackage. */
  readonly outputs: readonly string[];
}

export const emptyForm: BatchForm = {
  inputs: [],
  tablePath: null,
  questions: '',
  folder: null,
  formats: ['.gpkg'],
  merge: false,
  scale: { name: 'auto', gsdM: null, overlapPx: null },
};

const nothingYet: BatchView = {
  phase: 'form',
  rows: [],
  finished: 0,
  failed: 0,
  total: 0,
  msPerItem: null,
  note: null,
  problem: null,
  outputs: [],
};

export function questionsOf({ questions }: BatchForm): string[] {
  return [...new Set(questions.split('\n').map((line) => line.trim()))].filter((line) => line !== '');
}

/** @returns whether there is something to ask, of something, and a place for the answers. */
export function isComplete(form: BatchForm): boolean {
  const asksAll = form.inputs.length === 0 || questionsOf(form).length > 0;
  return (
    (form.inputs.length > 0 || form.tablePath !== null) && asksAll && form.folder !== null && form.formats.length > 0
  );
}

export function isAtWork({ phase }: BatchView): boolean {
  return phase === 'running' || phase === 'pausing';
}

export class BatchWork {
  readonly form = new Observable<BatchForm>(emptyForm);
  readonly view = new Observable<BatchView>(nothingYet);
  readonly #call: Call;
  readonly #usualOptions: () => Omit<BatchRequest['options'], 'formats' | 'scale'>;
  readonly #nowMs: () => number;
  /** Of a batch that was begun before: it goes on with the options that it was begun with. */
  #earlier: BatchRequest | null = null;
  #rows: BatchRow[] = [];
  #indexByKey = new Map<string, number>();
  #runningKey: string | null = null;
  #pace: BatchPace | null = null;
  #stop = new AbortController();

  constructor(
    call: Call,
    usualOptions: () => Omit<BatchRequest['options'], 'formats' | 'scale'>,
    nowMs: () => number = () => performance.now(),
  ) {
    this.#call = call;
    this.#usualOptions = usualOptions;
    this.#nowMs = nowMs;
  }

  get isRunning(): boolean {
    return isAtWork(this.view.get());
  }

  change(changes: Partial<BatchForm>): void {
    this.form.update((form) => ({ ...form, ...changes }));
  }

  addInputs(paths: readonly string[]): void {
    this.form.update((form) => ({ ...form, inputs: [...new Set([...form.inputs, ...paths])] }));
  }

  /** Takes up a folder: a batch that was begun there, by this program or by `think2seg batch`, is filled in. */
  async chooseFolder(folder: string): Promise<void> {
    const request = await this.#call('batch.open', { folder });
    this.#earlier = request;
    this.view.set(nothingYet);
    if (request === null) {
      this.change({ folder });
      return;
    }
    const { inputs, tablePath, questions, merge, options } = request;
    const { formats, scale } = options;
    this.form.set({ inputs, tablePath, questions: questions.join('\n'), folder, formats, merge, scale });
    this.view.update((view) => ({ ...view, phase: 'paused' }));
  }

  /** Begins, or goes on: what is done is not done again. Resolves when the batch stands still. */
  async run({ retryFailed }: { retryFailed: boolean }): Promise<void> {
    const request = this.#request();
    const { folder } = this.form.get();
    if (folder === null || this.isRunning) {
      return;
    }
    this.#stop = new AbortController();
    this.#pace = null;
    this.#runningKey = null;
    this.view.update((view) => ({ ...view, phase: 'running', note: null, problem: null, outputs: [] }));
    const crashedKeys: string[] = [];
    for (;;) {
      try {
        const result = await this.#call(
          'batch.run',
          { folder, request, retryFailed, crashedKeys: [...crashedKeys] },
          { signal: this.#stop.signal, onProgress: ({ batch }) => batch !== undefined && this.#hear(batch) },
        );
        this.#stand(result);
        return;
      } catch (thrown) {
        const { code, message } = toThink2SegError(thrown);
        const culprit = code === 'ENGINE_CRASHED' ? this.#takeRunningKey() : null;
        if (culprit !== null) {
          // The scene that the engine died of is the failure, not the batch.
          crashedKeys.push(culprit);
          continue;
        }
        this.#standStill(code === 'CANCELLED' ? null : `${code}: ${message}`);
        return;
      }
    }
  }

  /** Finishes the scene that is worked on. */
  async pause(): Promise<void> {
    const { folder } = this.form.get();
    if (folder !== null && this.view.get().phase === 'running') {
      this.view.update((view) => ({ ...view, phase: 'pausing' }));
      await this.#call('batch.pause', { folder });
    }
  }

  /** At once; the scene that was worked on begins again when the batch goes on. */
  stop(): void {
    this.#stop.abort();
  }

  /** Leaves this batch, which stays in its folder, for a new one. */
  clear(): void {
    if (!this.isRunning) {
      this.#earlier = null;
      this.#rows = [];
      this.form.update((form) => ({ ...emptyForm, formats: form.formats, merge: form.merge, scale: form.scale }));
      this.view.set(nothingYet);
    }
  }

  #request(): BatchRequest {
    const form = this.form.get();
    const options = this.#earlier?.options ?? this.#usualOptions();
    return {
      inputs: [...form.inputs],
      listPath: this.#earlier?.listPath ?? null,
      tablePath: form.tablePath,
      questions: questionsOf(form),
      merge: form.merge,
      options: { ...options, formats: [...form.formats], scale: form.scale },
    };
  }

  #takeRunningKey(): string | null {
    const key = this.#runningKey;
    this.#runningKey = null;
    return key;
  }

  #hear(news: BatchNews): void {
    switch (news.kind) {
      case 'planned':
        this.#rows = news.items.map((item) => ({ ...item, state: 'waiting', features: null, reason: null }));
        this.#indexByKey = new Map(news.items.map(({ key }, index) => [key, index]));
        this.view.update((view) => ({ ...view, rows: this.#rows, total: news.items.length, finished: 0, failed: 0 }));
        return;
      case 'item-started':
        this.#pace ??= new BatchPace(this.#nowMs());
        this.#runningKey = news.key;
        this.#setRow(news.key, { state: 'running' });
        return;
      case 'item-known':
        this.#setRow(news.key, {
          state: news.state,
          features: news.features,
          reason: news.code === null ? null : `${news.code}: ${news.message ?? ''}`,
        });
        this.#count(news);
        return;
      case 'item-finished': {
        const { line } = news;
        this.#runningKey = null;
        this.#pace?.finished(this.#nowMs());
        this.#setRow(
          line.key,
          line.state === 'failed'
            ? { state: 'failed', features: null, reason: `${line.code}: ${line.message}` }
            : { state: line.status === 'no-target' ? 'no-target' : 'done', features: line.features, reason: null },
        );
        this.#count(news);
        return;
      }
      case 'note':
        this.view.update((view) => ({ ...view, note: news.note }));
        return;
    }
  }

  #setRow(key: string, changes: Partial<BatchRow>): void {
    const index = this.#indexByKey.get(key);
    const row = index === undefined ? undefined : this.#rows[index];
    if (index !== undefined && row !== undefined) {
      this.#rows[index] = { ...row, ...changes };
      this.view.update((view) => ({ ...view, rows: this.#rows }));
    }
  }

  #count({ finished, failed, total }: { finished: number; failed: number; total: number }): void {
    this.view.update((view) => ({ ...view, finished, failed, total, msPerItem: this.#pace?.msPerItem ?? null }));
  }

  #stand({ remaining, failed, items, outputs, failures }: BatchResult): void {
    const known = new Set(this.#rows.map(({ path }) => path));
    // Inputs that could not be looked at have no item of their own.
    const unread = failures
      .filter(({ path, question }) => question === '' && !known.has(path))
      .map(({ path, code, message }): BatchRow => ({
        key: path,
        path,
        question: '',
        state: 'failed',
        features: null,
        reason: `${code}: ${message}`,
      }));
    this.#rows = [...unread, ...this.#rows];
    this.view.update((view) => ({
      ...view,
      rows: this.#rows,
      phase: remaining > 0 ? 'paused' : 'done',
      failed,
      total: items,
      finished: items - remaining,
      outputs,
      note: null,
    }));
  }

  #standStill(problem: string | null): void {
    this.#rows = this.#rows.map((row) => (row.state === 'running' ? { ...row, state: 'waiting' } : row));
    this.view.update((view) => ({ ...view, rows: this.#rows, phase: 'paused', problem, note: null }));
  }
}
