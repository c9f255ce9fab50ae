/** Outlines follow prompts: whatever changed a prompt (a drag, undo, a new box), the segmenter answers the latest state of it. */
import type { DesktopInput } from '../../src-main/contract/desktop-bridge.ts';
import { toThink2SegError, type ErrorEnvelope } from '../../src-main/contract/errors.ts';
import type { ProviderUse } from '../../src-main/contract/provider.ts';
import type { Prompt } from '../../src-main/contract/prompt.ts';
import type { Call } from './calls.ts';
import { isStale, type Result, type WorkDocument } from './document.ts';
import { setOutlines } from './document-edits.ts';
import type { History } from './history.ts';
import { Observable, type Readable } from './observable.ts';

export interface FollowerState {
  readonly busy: boolean;
  readonly error: ErrorEnvelope | null;
  /** From the last edit to its outline; null before the first. */
  readonly lastLatencyMs: number | null;
  /** What the segmenter ran on last. */
  readonly provider: ProviderUse | null;
}

export type ViewOf = (result: Result) => Omit<DesktopInput<'query.resegment'>, 'windowPx' | 'promptsScenePx'> | null;

/** Edits of one drag arrive every few milliseconds: a short wait gathers them, and a call under way is never doubled. */
const gatherMs = 12;

export class OutlineFollower {
  readonly #call: Call;
  readonly #history: History<WorkDocument>;
  readonly #viewOf: ViewOf;
  readonly #nowMs: () => number;
  readonly #state = new Observable<FollowerState>({ busy: false, error: null, lastLatencyMs: null, provider: null });
  /** What the segmenter refused: not asked again until it is edited. */
  readonly #refused = new WeakSet<Prompt>();
  /** What an engine died over: one crash may have had another cause, so it is asked once more. */
  readonly #lostOnce = new WeakSet<Prompt>();
  #timer: ReturnType<typeof setTimeout> | null = null;
  #inFlight = false;
  #editedAtMs = 0;
  #seen: WorkDocument | null = null;

  /**
   * @param viewOf null for a result that cannot be asked about yet, such as one on a raster that is being opened
   * @param viewSources change when `viewOf` may answer otherwise than before
   */
  constructor(
    call: Call,
    history: History<WorkDocument>,
    viewOf: ViewOf,
    viewSources: readonly Readable<unknown>[],
    nowMs: () => number,
  ) {
    this.#call = call;
    this.#history = history;
    this.#viewOf = viewOf;
    this.#nowMs = nowMs;
    history.value.subscribe((work) => {
      if (this.#seen?.results !== work.results) {
        this.#editedAtMs = this.#nowMs();
      }
      this.#seen = work;
      this.#schedule();
    });
    viewSources.forEach((source) => source.subscribe(() => this.#schedule()));
  }

  get state(): Readable<FollowerState> {
    return this.#state;
  }

  /** Resolves when every outline follows its prompt, but for those that the segmenter refused. */
  settled(): Promise<void> {
    return new Promise((resolve) => {
      const stop = this.#state.subscribe(({ busy }) => {
        if (!busy && this.#nextStale() === null) {
          queueMicrotask(() => stop());
          resolve();
        }
      });
    });
  }

  #schedule(): void {
    if (this.#timer === null && !this.#inFlight && this.#nextStale() !== null) {
      this.#state.update((state) => ({ ...state, busy: true, error: null }));
      this.#timer = setTimeout(() => {
        this.#timer = null;
        void this.#follow();
      }, gatherMs);
    }
  }

  async #follow(): Promise<void> {
    const next = this.#nextStale();
    if (next === null) {
      this.#state.update((state) => ({ ...state, busy: false }));
      return;
    }
    const { view, windowPx, prompts } = next;
    const editedAtMs = this.#editedAtMs;
    this.#inFlight = true;
    let error: ErrorEnvelope | null = null;
    let { provider } = this.#state.get();
    try {
      const { instances, provider: used } = await this.#call('query.resegment', {
        ...view,
        windowPx,
        promptsScenePx: prompts,
      });
      const outlines = new Map(
        prompts.flatMap((prompt, index) => (instances[index] ? [[prompt, instances[index]]] : [])),
      );
      this.#history.amend(setOutlines(outlines));
      provider = used;
    } catch (thrown) {
      const envelope = toThink2SegError(thrown).toEnvelope();
      const isAskedAgain = envelope.code === 'ENGINE_CRASHED' && !prompts.some((prompt) => this.#lostOnce.has(prompt));
      prompts.forEach((prompt) => (isAskedAgain ? this.#lostOnce : this.#refused).add(prompt));
      error = isAskedAgain ? null : envelope;
    }
    this.#inFlight = false;
    this.#state.set({ busy: false, error, lastLatencyMs: this.#nowMs() - editedAtMs, provider });
    this.#schedule();
  }

  #nextStale(): { view: NonNullable<ReturnType<ViewOf>>; windowPx: Result['windowPx']; prompts: Prompt[] } | null {
    for (const result of this.#history.value.get().results) {
      const prompts = result.instances
        .filter(isStale)
        .flatMap(({ promptScenePx }) => promptScenePx ?? [])
        .filter((prompt) => !this.#refused.has(prompt));
      const view = prompts.length === 0 ? null : this.#viewOf(result);
      if (view !== null) {
        return { view, windowPx: result.windowPx, prompts };
      }
    }
    return null;
  }
}
