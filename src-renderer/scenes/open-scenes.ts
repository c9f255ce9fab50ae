/** The rasters that this window has opened, by path: what the map needs to draw them, or why they cannot be drawn. */
import type { SceneDisplay } from '../../src-main/contract/scene-display.ts';
import { toThink2SegError, type ErrorEnvelope } from '../../src-main/contract/errors.ts';
import type { Call } from '../state/calls.ts';
import { Observable, type Readable } from '../state/observable.ts';

export interface OpenScene {
  readonly display: SceneDisplay;
  /** Answers range requests for `display.file`. */
  readonly url: string;
}

export type SceneState =
  /** 0 to 1 while a copy for drawing is made, null before that is known. */
  | { readonly kind: 'opening'; readonly fraction: number | null }
  | { readonly kind: 'open'; readonly scene: OpenScene }
  | { readonly kind: 'failed'; readonly error: ErrorEnvelope };

export class OpenScenes {
  readonly #call: Call;
  readonly #states = new Observable<ReadonlyMap<string, SceneState>>(new Map());
  readonly #opening = new Map<string, Promise<OpenScene>>();

  constructor(call: Call) {
    this.#call = call;
  }

  get states(): Readable<ReadonlyMap<string, SceneState>> {
    return this.#states;
  }

  /** A scene that is open or being opened is not opened again; one that failed is.
   *
   * @throws Think2SegError what the routes fail with.
   */
  open(path: string, cacheDirectory: string): Promise<OpenScene> {
    const under = this.#opening.get(path);
    if (under !== undefined) {
      return under;
    }
    const opening = this.#open(path, cacheDirectory);
    this.#opening.set(path, opening);
    return opening;
  }

  async #open(path: string, cacheDirectory: string): Promise<OpenScene> {
    this.#set(path, { kind: 'opening', fraction: null });
    try {
      const display = await this.#call(
        'scene.display',
        { path, cacheDirectory },
        {
          onProgress: ({ done, total }) => {
            const fraction = done === undefined || !total ? null : done / total;
            this.#set(path, { kind: 'opening', fraction });
          },
        },
      );
      const { url } = await this.#call('raster.grant', { path: display.file.path });
      const scene = { display, url };
      this.#set(path, { kind: 'open', scene });
      return scene;
    } catch (thrown) {
      this.#opening.delete(path);
      this.#set(path, { kind: 'failed', error: toThink2SegError(thrown).toEnvelope() });
      throw thrown;
    }
  }

  #set(path: string, state: SceneState): void {
    this.#states.update((states) => new Map(states).set(path, state));
  }
}
