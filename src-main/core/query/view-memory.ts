/**
 * The scene that was looked at last stays open, with the last views of it: pixels that were read and images that were encoded serve
 * the next question and every edit of a prompt.
 */
import type { SegmentInput } from '../../contract/routes.ts';
import { fileIdentity } from '../files/file-identity.ts';
import { keepNewest } from '../keep-newest.ts';
import type { RasterReader, RasterSource } from '../ports.ts';
import type { QueryContext, StepOptions } from './query-ports.ts';
import { chooseView, readSceneView, type SceneView } from './scene-view.ts';

export type ViewInput = Pick<SegmentInput, 'rasterPath' | 'target' | 'bands' | 'mode'>;

const keptViews = 3;
/** 220 MB with SAM 2.1 at 1024 pixels. */
const keptCrops = 16;

export class ViewMemory {
  readonly #rasters: RasterReader;
  #scene: { readonly path: string; readonly identity: string | null; readonly source: RasterSource } | null = null;
  readonly #views = new Map<string, SceneView>();

  constructor(rasters: RasterReader) {
    this.#rasters = rasters;
  }

  /** The view that `input` names, read unless it is here. One call at a time: a view is valid until the next call. */
  async view(input: ViewInput, { frame }: Pick<QueryContext, 'frame'>, options: StepOptions): Promise<SceneView> {
    options.onProgress({ stage: 'reading' });
    const source = await options.stopwatch.time('open', () => this.#open(input.rasterPath, options.signal));
    const { windowPx, bands } = chooseView(source, input);
    const key = JSON.stringify([windowPx, bands, input.mode, frame]);
    const view = this.#views.get(key) ?? (await readSceneView(source, input, { frame, keptCrops }, options));
    keepNewest(this.#views, key, view, keptViews);
    return view;
  }

  /** Closes the scene and drops all that is kept of it. */
  async forget(): Promise<void> {
    this.#views.clear();
    const scene = this.#scene;
    this.#scene = null;
    await scene?.source.close();
  }

  async #open(path: string, signal: AbortSignal): Promise<RasterSource> {
    const identity = await fileIdentity(path);
    if (this.#scene !== null && this.#scene.path === path && identity !== null && this.#scene.identity === identity) {
      return this.#scene.source;
    }
    await this.forget();
    const source = await this.#rasters.open(path, signal);
    this.#scene = { path, identity, source };
    return source;
  }
}
