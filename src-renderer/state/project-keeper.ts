/** The project on disk: whether the work is saved, where, and the copy that survives a crash. */
import { AutosaveSchedule, type AutosaveTimes } from './autosave.ts';
import type { Call } from './calls.ts';
import type { WorkDocument } from './document.ts';
import { Observable, type Readable } from './observable.ts';
import { projectText, toProject, type ProjectExtras } from './project-conversion.ts';

export interface ProjectState {
  readonly path: string | null;
  readonly isDirty: boolean;
}

export class ProjectKeeper {
  readonly #call: Call;
  readonly #work: Readable<WorkDocument>;
  readonly #extras: () => ProjectExtras;
  readonly #state = new Observable<ProjectState>({ path: null, isDirty: false });
  readonly #autosave: AutosaveSchedule;
  #saved: WorkDocument;
  /** There is a copy of other work, of which the user has not said yet what becomes of it. */
  #isHeld = false;

  constructor(
    call: Call,
    work: Readable<WorkDocument>,
    extras: () => ProjectExtras,
    onProblem: (thrown: unknown) => void,
    times?: AutosaveTimes,
  ) {
    this.#call = call;
    this.#work = work;
    this.#extras = extras;
    this.#saved = work.get();
    this.#autosave = new AutosaveSchedule(async () => {
      try {
        await call('autosave.write', {
          projectPath: this.#state.get().path,
          projectText: projectText(this.#work.get(), this.#extras(), new Date()),
        });
      } catch (thrown) {
        onProblem(thrown);
      }
    }, times);
    work.subscribe((now) => this.#follow(now));
  }

  get state(): Readable<ProjectState> {
    return this.#state;
  }

  /** @param work what the file holds now, which need not be the present. */
  isAt(path: string | null, work: WorkDocument): void {
    this.#saved = work;
    this.#state.set({ path, isDirty: false });
    this.#follow(this.#work.get());
    if (!this.#state.get().isDirty) {
      this.#autosave.rest();
    }
  }

  /** Neither writes nor discards a copy until `releaseCopy`: the one that is there is of work that a crash left. */
  holdCopy(): void {
    this.#isHeld = true;
  }

  releaseCopy(): void {
    this.#isHeld = false;
    this.#follow(this.#work.get());
  }

  /** The work came back after a crash: it is in no file yet. */
  recovered(path: string | null): void {
    this.#state.set({ path, isDirty: true });
    this.#saved = { rasters: [], results: [] };
    this.#follow(this.#work.get());
  }

  async save(path: string): Promise<void> {
    const work = this.#work.get();
    await this.#call('project.write', { path, project: toProject(work, this.#extras(), new Date()) });
    this.isAt(path, work);
    if (!this.#state.get().isDirty) {
      await this.discardCopy();
    }
  }

  /** The work is saved or given up: the next start offers nothing. */
  async discardCopy(): Promise<void> {
    if (this.#isHeld) {
      return;
    }
    await this.#autosave.stop();
    await this.#call('autosave.discard', {});
  }

  #follow(work: WorkDocument): void {
    const isDirty = work !== this.#saved;
    const { path, isDirty: wasDirty } = this.#state.get();
    if (isDirty !== wasDirty) {
      this.#state.set({ path, isDirty });
    }
    if (isDirty && !this.#isHeld) {
      this.#autosave.changed();
    }
  }
}
