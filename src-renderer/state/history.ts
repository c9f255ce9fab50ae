/** Undo and redo over immutable values: a step keeps the value before it, and unchanged parts are shared. */
import { Observable, type Readable } from './observable.ts';

const mostSteps = 200;

interface Step<Value> {
  readonly label: string;
  readonly before: Value;
  readonly mergeKey: string | null;
}

export interface HistoryState {
  /** What undo would take back; null when there is nothing. */
  readonly undoLabel: string | null;
  readonly redoLabel: string | null;
}

export class History<Value> {
  readonly #value: Observable<Value>;
  readonly #state = new Observable<HistoryState>({ undoLabel: null, redoLabel: null });
  #past: Step<Value>[] = [];
  #future: { label: string; after: Value }[] = [];

  constructor(initial: Value) {
    this.#value = new Observable(initial);
  }

  get value(): Readable<Value> {
    return this.#value;
  }

  get state(): Readable<HistoryState> {
    return this.#state;
  }

  /** Steps in a row with the same merge key become one, such as all positions of one drag. */
  apply(label: string, change: (value: Value) => Value, mergeKey: string | null = null): void {
    const before = this.#value.get();
    const after = change(before);
    if (after === before) {
      return;
    }
    const last = this.#past.at(-1);
    const continues = mergeKey !== null && last?.mergeKey === mergeKey && this.#future.length === 0;
    if (!continues) {
      this.#past = [...this.#past, { label, before, mergeKey }].slice(-mostSteps);
    }
    this.#future = [];
    this.#publish(after);
  }

  /** Completes the present with what was computed from it, without a step of its own. */
  amend(change: (value: Value) => Value): void {
    this.#publish(change(this.#value.get()));
  }

  undo(): void {
    const step = this.#past.at(-1);
    if (step !== undefined) {
      this.#past = this.#past.slice(0, -1);
      this.#future = [...this.#future, { label: step.label, after: this.#value.get() }];
      this.#publish(step.before);
    }
  }

  redo(): void {
    const step = this.#future.at(-1);
    if (step !== undefined) {
      this.#future = this.#future.slice(0, -1);
      this.#past = [...this.#past, { label: step.label, before: this.#value.get(), mergeKey: null }];
      this.#publish(step.after);
    }
  }

  /** Starts anew: another document has no past. */
  reset(value: Value): void {
    this.#past = [];
    this.#future = [];
    this.#publish(value);
  }

  #publish(value: Value): void {
    this.#value.set(value);
    this.#state.set({ undoLabel: this.#past.at(-1)?.label ?? null, redoLabel: this.#future.at(-1)?.label ?? null });
  }
}
