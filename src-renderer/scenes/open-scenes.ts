/** The rasters that this window has opened, by path: what the map needs to draw them, or why they cannot be drawn. */
import type { SceneDisplay } from '../../src-main/contract/scene-display.ts';
import { Think2SegError, toThink2SegError, type ErrorEnvelope } from '../../src-main/contract/errors.ts';
import type { Call } from '../state/calls.ts';
import { Observable, type Readable } from '../state/observable.ts';
import { fractionDone, timeLeftMs } from '../state/time-left.ts';

export interface OpenScene {
  readonly display: SceneDisplay;
  /** Answers range requests for `display.file`. */
  readonly url: string;
}

export type SceneState =
  /** `fraction`: 0 to 1 while a copy for drawing is made, null before that is known. */
  | { readonly kind: 'opening'; readonly fraction: number | null; readonly leftMs: number | null }
  | { readonly kind: 'open'; readonly scene: OpenScene }
  | { readonly kind: 'failed'; readonly error: ErrorEnvelope };

/** One opening of a path, until the path is let go. */
interface Run {
  isWanted: boolean;
  readonly stop: AbortController;
}

export class OpenScenes {
  readonly #call: Call;
  readonly #states = new Observable<ReadonlyMap<string, SceneState>>(new Map());
  readonly #runs = new Map<string, { readonly run: Run; readonly scene: Promise<OpenScene> }>();
  #named: ReadonlySet<string> = new Set();

  constructor(call: Call) {
    this.#call = call;
  }

  get states(): Readable<ReadonlyMap<string, SceneState>> {
    return this.#states;
  }

  /** Tells which paths the document names. One that it names no more is let go: when it comes back, its file is read anew. */
  async follow(paths: ReadonlySet<string>): Promise<void> {
    const gone = [...this.#named].filter((path) => !paths.has(path));
    this.#named = paths;
    await Promise.all(gone.map((path) => this.#letGo(path)));
  }

  /** A scene that is open or being opened is not opened again; one that failed is.
   *
   * @throws Think2SegError what the routes fail with; CANCELLED when the path was let go meanwhile.
   */
  open(path: string, cacheDirectory: string): Promise<OpenScene> {
    const under = this.#runs.get(path);
    if (under !== undefined) {
      return under.scene;
    }
    const run: Run = { isWanted: true, stop: new AbortController() };
    const scene = this.#open(path, cacheDirectory, run);
    this.#runs.set(path, { run, scene });
    return scene;
  }

  /**
   * Reads an open scene anew when its file has changed since. What was read before is shown until then.
   *
   * @returns whether it has changed
   * @throws Think2SegError as `open`
   */
  async readChanged(path: string, cacheDirectory: string): Promise<boolean> {
    const before = this.#states.get().get(path);
    const under = this.#runs.get(path);
    if (before?.kind !== 'open' || under === undefined) {
      return false;
    }
    const hasChanged = await this.#call('raster.changed', { url: before.scene.url });
    const now = this.#runs.get(path);
    if (!hasChanged || now === undefined) {
      return false;
    }
    if (now === under) {
      under.run.isWanted = false;
      const run: Run = { isWanted: true, stop: new AbortController() };
      const scene = this.#open(path, cacheDirectory, run);
      this.#runs.set(path, { run, scene });
      await scene.finally(() => this.#call('raster.revoke', { url: before.scene.url }));
    } else {
      // Somebody else has found it out meanwhile.
      await now.scene;
    }
    return true;
  }

  /** Stops an opening, which then fails with CANCELLED. What is open stays open. */
  cancel(path: string): void {
    this.#runs.get(path)?.run.stop.abort();
  }

  async #open(path: string, cacheDirectory: string, run: Run): Promise<OpenScene> {
    const startMs = performance.now();
    this.#set(path, { kind: 'opening', fraction: null, leftMs: null }, run);
    try {
      const display = await this.#call(
        'scene.display',
        { path, cacheDirectory },
        {
          signal: run.stop.signal,
          onProgress: (event) => {
            const fraction = fractionDone(event);
            const leftMs = timeLeftMs(fraction, performance.now() - startMs);
            this.#set(path, { kind: 'opening', fraction, leftMs }, run);
          },
        },
      );
      const { url } = await this.#call('raster.grant', { path: display.file.path, scenePath: path });
      if (!run.isWanted) {
        await this.#call('raster.revoke', { url });
        throw new Think2SegError('CANCELLED', `${path} was removed while it was being opened`);
      }
      const scene = { display, url };
      this.#set(path, { kind: 'open', scene }, run);
      return scene;
    } catch (thrown) {
      if (run.isWanted) {
        this.#runs.delete(path);
      }
      this.#set(path, { kind: 'failed', error: toThink2SegError(thrown).toEnvelope() }, run);
      throw thrown;
    }
  }

  /** At once for whoever asks; resolves when the main process serves the file no more. */
  async #letGo(path: string): Promise<void> {
    const under = this.#runs.get(path);
    if (under !== undefined) {
      under.run.isWanted = false;
      this.#runs.delete(path);
    }
    const state = this.#states.get().get(path);
    this.#states.update((states) => new Map([...states].filter(([known]) => known !== path)));
    if (state?.kind === 'open') {
      await this.#call('raster.revoke', { url: state.scene.url });
    }
  }

  #set(path: string, state: SceneState, { isWanted }: Run): void {
    const isShown = this.#states.get().get(path)?.kind === 'open';
    if (isWanted && !(isShown && state.kind === 'opening')) {
      this.#states.update((states) => new Map(states).set(path, state));
    }
  }
}
