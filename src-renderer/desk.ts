/** The work of the panels on the workspace: asking, following edits, refining, keeping, exporting. No DOM, so that tests drive it. */
import type { Settings } from '../src-main/contract/app-routes.ts';
import type { DesktopEvent, DesktopInput } from '../src-main/contract/desktop-bridge.ts';
import type { Project } from '../src-main/contract/project.ts';
import type { ProviderUse } from '../src-main/contract/provider.ts';
import type { MapPlace } from './map/map-contents.ts';
import type { OpenScene } from './scenes/open-scenes.ts';
import { fittingLayer } from './scenes/raster-layer-of.ts';
import { Asking } from './state/asking.ts';
import { BatchWork } from './state/batch-work.ts';
import { newInstance, noRefinement, type RasterLayer, type Result } from './state/document.ts';
import { addResult } from './state/document-edits.ts';
import { Observable } from './state/observable.ts';
import { OutlineFollower } from './state/outline-follower.ts';
import { fromProject } from './state/project-conversion.ts';
import { ProjectKeeper } from './state/project-keeper.ts';
import { rememberQuestion } from './state/question-history.ts';
import { ShapeRefiner } from './state/refined-shapes.ts';
import { colorForResult } from './state/result-colors.ts';
import { pruneSelection } from './state/selection.ts';
import { targetToAsk } from './state/target.ts';
import { panelStrings } from './panels/panel-strings.ts';
import type { Workspace } from './workspace.ts';

export type DialogName =
  | 'export'
  | 'report'
  | 'packs'
  | 'settings'
  | 'self-test'
  | 'shortcuts'
  | 'tour'
  | 'about'
  | 'recovery'
  | 'attributes'
  | 'batch';

export interface EngineState {
  readonly state: 'starting' | 'ready' | 'crashed';
  readonly reason: string | null;
}

export interface MapControl {
  zoomIn(): void;
  zoomOut(): void;
  /** One scene pixel on one screen pixel. */
  zoomNative(): void;
  zoomScene(): void;
  moveTo(position: NonNullable<Project['view']>): void;
  /** What the map shows, as the data address of a PNG; null when there is nothing to show. */
  picture(): string | null;
}

type ModelInput = Omit<DesktopInput<'query.resegment'>, 'windowPx' | 'promptsScenePx'>;

export class Desk {
  readonly workspace: Workspace;
  readonly asking: Asking;
  readonly batch: BatchWork;
  readonly follower: OutlineFollower;
  readonly refiner: ShapeRefiner;
  readonly project: ProjectKeeper;
  readonly settings = new Observable<Settings | null>(null);
  readonly questionHistory = new Observable<readonly string[]>([]);
  /** The words in the question box. */
  readonly question = new Observable('');
  readonly engine = new Observable<EngineState>({ state: 'starting', reason: null });
  readonly dialog = new Observable<DialogName | null>(null);
  /** A file is being written. */
  readonly exporting = new Observable(false);
  /** A model pack is being looked into or copied. */
  readonly importing = new Observable(false);
  /** Kept by the map; null before there is one. */
  readonly view = new Observable<MapPlace | null>(null);
  /** Given by the map while there is one. */
  readonly mapControl = new Observable<MapControl | null>(null);
  /** What really ran last, and why not something faster. */
  readonly provider = new Observable<ProviderUse | null>(null);
  /** Settled unless the user has yet to say what becomes of the work that a crash left. */
  recovered: Promise<void> = Promise.resolve();
  #endRecovery = (): void => undefined;

  constructor(workspace: Workspace, nowMs: () => number = () => performance.now()) {
    this.workspace = workspace;
    const { call, history } = workspace;
    this.asking = new Asking(call, nowMs);
    this.batch = new BatchWork(call, () => this.#batchOptions(), nowMs);
    this.follower = new OutlineFollower(
      call,
      history,
      ({ rasterId }) => this.modelInput(rasterId),
      [workspace.scenes.states, this.settings],
      nowMs,
    );
    this.refiner = new ShapeRefiner(call, history);
    this.project = new ProjectKeeper(
      call,
      history.value,
      () => ({
        activeRasterId: workspace.activeRasterId.get(),
        view: this.#projectView(),
        questionHistory: this.questionHistory.get(),
      }),
      (thrown) => this.fail(thrown),
    );
    workspace.start.subscribe((start) => {
      if (start !== null) {
        this.settings.set(start.settings);
      }
    });
    workspace.activeRasterId.subscribe(() => {
      // What was said of one raster would read as if it were said of the next.
      if (this.asking.state.get().kind !== 'running') {
        this.asking.clear();
      }
    });
    history.value.subscribe((work) =>
      workspace.selectedInstanceIds.update((selected) => pruneSelection(selected, work)),
    );
    this.follower.state.subscribe(({ error, provider }) => {
      if (error !== null) {
        workspace.notify('error', `${error.code}: ${error.message}`);
      }
      if (provider !== null) {
        this.provider.update((known) => ({ ...provider, lvlm: known?.lvlm ?? null }));
      }
    });
  }

  fail(thrown: unknown): void {
    this.workspace.fail(thrown);
  }

  /** Runs work that a button started and tells of its failure. */
  attempt(work: () => Promise<unknown>): void {
    work().catch((thrown: unknown) => this.fail(thrown));
  }

  hearEngine(event: Extract<DesktopEvent, { kind: 'engine' }>): void {
    this.engine.set({ state: event.state, reason: event.reason ?? null });
    if (event.state === 'crashed') {
      // The next engine is there in a second or two; what happened should stay until it is read.
      this.workspace.notify('info', panelStrings.engine.crashed(event.reason ?? ''));
    }
  }

  get packDirectory(): string {
    return this.settings.get()?.packDirectory ?? this.workspace.start.get()?.embeddedPackDirectory ?? '';
  }

  /** The raster that questions and hands work on, once it is open. */
  activeRaster(): { raster: RasterLayer; scene: OpenScene } | null {
    return this.#openRaster(this.workspace.activeRasterId.get());
  }

  #openRaster(rasterId: string | null): { raster: RasterLayer; scene: OpenScene } | null {
    const raster = this.workspace.history.value.get().rasters.find(({ id }) => id === rasterId);
    const scene = raster === undefined ? null : this.workspace.sceneOf(raster);
    return raster === undefined || scene === null ? null : { raster, scene };
  }

  /** What every call of the models on a raster needs; null while it is not open. */
  modelInput(rasterId: string): ModelInput | null {
    const raster = this.workspace.history.value.get().rasters.find(({ id }) => id === rasterId);
    const settings = this.settings.get();
    const scene = raster === undefined ? null : this.workspace.sceneOf(raster);
    if (raster === undefined || settings === null || scene === null) {
      return null;
    }
    return {
      rasterPath: raster.path,
      bands: scene.display.isPalette ? null : bandsToAsk(fittingLayer(raster, scene.display).rgbBands),
      ...this.#howToAnswer(settings),
    };
  }

  async ask(question: string): Promise<void> {
    const asked = question.trim();
    const { workspace } = this;
    if (asked === '') {
      return;
    }
    const rasterId = workspace.activeRasterId.get();
    const [choice, view] = [workspace.target.get(), this.view.get()];
    // The models read the file as it is now: what is asked about and what is shown must be the same.
    await workspace.readChanged(this.activeRaster()?.raster.path ?? '');
    const active = this.#openRaster(rasterId);
    const input = active === null ? null : this.modelInput(active.raster.id);
    if (active === null || input === null) {
      workspace.notify('error', panelStrings.ask.notOpen);
      return;
    }
    const target = targetToAsk(choice, active.scene.display, view?.boundsMap ?? null);
    this.questionHistory.update((history) => rememberQuestion(history, asked));
    const answer = await this.asking.ask({ ...input, question: asked, target });
    if (answer === null) {
      return;
    }
    const { windowPx, runRecord } = answer;
    this.provider.set(runRecord.provider);
    if (!workspace.history.value.get().rasters.some(({ id }) => id === active.raster.id)) {
      workspace.notify('info', panelStrings.ask.rasterGone(asked));
      return;
    }
    const instances = answer.instances.map((drawn) => newInstance(drawn, crypto.randomUUID(), 'model'));
    const result = this.newResult(active.raster.id, { name: asked, question: asked, windowPx, instances, runRecord });
    workspace.history.apply(panelStrings.history.answer, addResult(result));
    workspace.selectedInstanceIds.set([]);
  }

  newResult(
    rasterId: string,
    content: Pick<Result, 'name' | 'question' | 'windowPx' | 'instances' | 'runRecord'> &
      Partial<Pick<Result, 'fields'>>,
  ): Result {
    return {
      id: crypto.randomUUID(),
      rasterId,
      visible: true,
      // The image shows through.
      opacity: 0.35,
      color: colorForResult(this.workspace.history.value.get().results.length),
      refinement: noRefinement,
      fields: [],
      ...content,
    };
  }

  async changeSettings(change: DesktopInput<'settings.change'>): Promise<void> {
    this.settings.set(await this.workspace.call('settings.change', change));
  }

  /** Asks what becomes of the work that a crash left. Until that is said, its copy stays as it is and nothing is opened. */
  askRecovery(): Promise<void> {
    this.project.holdCopy();
    this.recovered = new Promise((resolve) => {
      this.#endRecovery = resolve;
    });
    this.dialog.set('recovery');
    return this.recovered;
  }

  async answerRecovery(isRestored: boolean): Promise<void> {
    const recovery = this.workspace.start.get()?.recovery ?? null;
    this.dialog.set(null);
    this.project.releaseCopy();
    try {
      if (isRestored && recovery !== null) {
        await this.openWork(recovery.project, recovery.projectPath, true);
      } else {
        await this.project.discardCopy();
      }
    } finally {
      this.#endRecovery();
    }
  }

  /** Resolves when outlines follow their prompts, but for refused ones, and shapes are those of the outlines. */
  async settled(): Promise<void> {
    await this.follower.settled();
    await this.refiner.settled();
  }

  /** Replaces the work. The caller has asked what becomes of the present one. */
  async openWork(project: Project, path: string | null, isRecovered: boolean): Promise<void> {
    const work = fromProject(project);
    const { workspace } = this;
    this.asking.clear();
    workspace.history.reset(work);
    workspace.selectedInstanceIds.set([]);
    this.questionHistory.set(project.questionHistory);
    if (isRecovered) {
      this.project.recovered(path);
    } else {
      this.project.isAt(path, work);
    }
    if (work.rasters.some(({ id }) => id === project.activeRasterId)) {
      workspace.activeRasterId.set(project.activeRasterId);
    }
    for (const raster of work.rasters) {
      await workspace.openScene(raster.path);
    }
    // The view is in the CRS of the active raster.
    if (project.view !== null && this.activeRaster() !== null) {
      this.#showWhenDrawn(project.view);
    }
  }

  #batchOptions(): ReturnType<ConstructorParameters<typeof BatchWork>[1]> {
    const settings = this.settings.get();
    if (settings === null) {
      throw new Error('a batch was begun before the main process answered app.start');
    }
    return { bands: null, simplifyPx: 1, minAreaM2: 0, ...this.#howToAnswer(settings) };
  }

  #howToAnswer({ mode, connectivity, provider, threads, memoryBytes, shareGpu }: Settings) {
    const { packDirectory } = this;
    const memory = memoryBytes === null ? {} : { memoryBytes };
    return { mode, connectivity, packDirectory, provider, threads, ...memory, shareGpu };
  }

  /** The map has the CRS of the work from its next picture on. */
  #showWhenDrawn(position: NonNullable<Project['view']>): void {
    const before = this.view.get();
    const stop = this.view.subscribe((view) => {
      if (view !== null && view !== before) {
        queueMicrotask(() => stop());
        this.mapControl.get()?.moveTo(position);
      }
    });
  }

  #projectView(): Project['view'] {
    const view = this.view.get();
    return view === null ? null : { centreMap: view.centreMap, resolution: view.resolution };
  }
}

/** One band three times is grey. */
function bandsToAsk([red, green, blue]: RasterLayer['rgbBands']): number[] {
  return red === green && green === blue ? [red] : [red, green, blue];
}
