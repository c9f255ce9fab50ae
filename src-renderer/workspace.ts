/** All that the window works on, put together once: the document with its history, and what is open, chosen and pointed at beside it. */
import { toThink2SegError } from '../src-main/contract/errors.ts';
import type { StartState } from '../src-main/contract/app-routes.ts';
import type { MapTool, PointerPlace } from './map/map-contents.ts';
import type { SceneMap } from './map/scene-map.ts';
import { rasterLayerOf } from './scenes/raster-layer-of.ts';
import { OpenScenes, type OpenScene } from './scenes/open-scenes.ts';
import { addRaster } from './state/document-edits.ts';
import { emptyDocument, type RasterLayer, type WorkDocument } from './state/document.ts';
import type { Call } from './state/calls.ts';
import { History } from './state/history.ts';
import { Observable } from './state/observable.ts';
import type { TargetChoice } from './state/target.ts';
import { fileName } from './state/format.ts';
import { strings } from './strings.ts';

export interface Notice {
  readonly id: number;
  readonly kind: 'error' | 'info';
  readonly text: string;
}

export class Workspace {
  readonly call: Call;
  readonly history = new History<WorkDocument>(emptyDocument);
  readonly scenes: OpenScenes;
  /** Null until the main process has answered. */
  readonly start = new Observable<StartState | null>(null);
  /** The raster that questions are about and whose CRS the map has. */
  readonly activeRasterId = new Observable<string | null>(null);
  readonly tool = new Observable<MapTool>('select');
  readonly target = new Observable<TargetChoice>({ kind: 'view' });
  readonly selectedInstanceIds = new Observable<readonly string[]>([]);
  readonly hoveredInstanceId = new Observable<string | null>(null);
  /** Share of the map's width, from the left, that shows results while comparing; null when not comparing. */
  readonly compareAt = new Observable<number | null>(null);
  /** Null while no map is shown. */
  readonly map = new Observable<SceneMap | null>(null);
  readonly pointer = new Observable<PointerPlace | null>(null);
  readonly notices = new Observable<readonly Notice[]>([]);
  #nextNoticeId = 1;
  #followed: WorkDocument['rasters'] = emptyDocument.rasters;

  constructor(call: Call) {
    this.call = call;
    this.scenes = new OpenScenes(call);
    this.history.value.subscribe(({ rasters }) => {
      const active = this.activeRasterId.get();
      if (!rasters.some(({ id }) => id === active)) {
        this.activeRasterId.set(rasters.at(-1)?.id ?? null);
      }
      this.#followRasters(rasters);
    });
    // A rectangle is in the pixels of the raster that it was drawn on.
    this.activeRasterId.subscribe(() =>
      this.target.update((target) => (target.kind === 'drawn' ? { kind: 'view' } : target)),
    );
  }

  async begin(): Promise<StartState> {
    const start = await this.call('app.start', {});
    this.start.set(start);
    start.notes.forEach((note) => this.notify('info', note));
    return start;
  }

  /** Adds rasters on top of those that are there. What cannot be opened is said, and the others still open. */
  async openRasters(paths: readonly string[]): Promise<void> {
    for (const path of paths) {
      const scene = await this.openScene(path);
      if (scene !== null) {
        const raster = rasterLayerOf(path, scene.display, crypto.randomUUID());
        this.history.apply(strings.history.openRaster, addRaster(raster));
        this.activeRasterId.set(raster.id);
      }
    }
  }

  /** For rasters that the document names already, such as those of a project. @returns null when it failed, which is said. */
  async openScene(path: string): Promise<OpenScene | null> {
    const start = this.start.get();
    if (start === null) {
      throw new Error('a raster was opened before the main process answered app.start');
    }
    try {
      return await this.scenes.open(path, start.cacheDirectory);
    } catch (thrown) {
      this.fail(thrown);
      return null;
    }
  }

  /** Reads a raster anew when its file has changed on disk, and says so. @returns whether it has. */
  async readChanged(path: string): Promise<boolean> {
    try {
      const hasChanged = await this.scenes.readChanged(path, this.start.get()?.cacheDirectory ?? '');
      if (hasChanged) {
        this.notify('info', strings.map.readAnew(fileName(path)));
      }
      return hasChanged;
    } catch (thrown) {
      this.fail(thrown);
      return true;
    }
  }

  /** Another program may have written to the files that are shown. */
  async readAllChanged(): Promise<void> {
    for (const path of new Set(this.#followed.map((raster) => raster.path))) {
      await this.readChanged(path);
    }
  }

  sceneOf(raster: RasterLayer): OpenScene | null {
    const state = this.scenes.states.get().get(raster.path);
    return state?.kind === 'open' ? state.scene : null;
  }

  /** What is said again stands once, as the latest. */
  notify(kind: Notice['kind'], text: string): void {
    const id = this.#nextNoticeId++;
    this.notices.update((notices) => [...notices.filter((notice) => notice.text !== text), { id, kind, text }]);
  }

  /** Tells the user what went wrong. A stop that was asked for is no failure. */
  fail(thrown: unknown): void {
    const { code, message } = toThink2SegError(thrown);
    if (code !== 'CANCELLED') {
      this.notify('error', `${code}: ${message}`);
    }
  }

  dismiss(noticeId: number): void {
    this.notices.update((notices) => notices.filter(({ id }) => id !== noticeId));
  }

  #followRasters(rasters: WorkDocument['rasters']): void {
    if (rasters === this.#followed) {
      return;
    }
    this.#followed = rasters;
    Promise.all([this.scenes.follow(new Set(rasters.map(({ path }) => path))), this.#openMissing()]).catch(
      (thrown: unknown) => this.fail(thrown),
    );
  }

  /** Opens what the document names and nobody opens, such as a raster that undo brought back. One after the other. */
  async #openMissing(): Promise<void> {
    const isMissing = ({ path }: RasterLayer): boolean => !this.scenes.states.get().has(path);
    for (let next = this.#followed.find(isMissing); next !== undefined; next = this.#followed.find(isMissing)) {
      await this.openScene(next.path);
    }
  }
}
