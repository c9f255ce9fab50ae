/** Between the work in memory and the project file. */
import { projectVersion, type Project } from '../../src-main/contract/project.ts';
import { isStale, type Instance, type Result, type WorkDocument } from './document.ts';

export interface ProjectExtras {
  readonly activeRasterId: string | null;
  readonly view: Project['view'];
  readonly questionHistory: readonly string[];
}

export function toProject(
  work: WorkDocument,
  { activeRasterId, view, questionHistory }: ProjectExtras,
  savedAt: Date,
): Project {
  return {
    format: 'think2seg-project',
    version: projectVersion,
    savedAt: savedAt.toISOString(),
    rasters: work.rasters.map((raster) => ({ ...raster })),
    results: work.results.map((result) => ({ ...result, instances: result.instances.map(stored) })),
    activeRasterId,
    view,
    questionHistory: [...questionHistory],
  };
}

/** Instances never change: the text of one is made once. */
const textOf = new WeakMap<Instance, string>();

/** The same as JSON, in the time that what changed since the last text takes. */
export function projectText(work: WorkDocument, extras: ProjectExtras, savedAt: Date): string {
  const { results, ...project } = toProject({ ...work, results: [] }, extras, savedAt);
  return withList(project, 'results', work.results.map(resultText));
}

function resultText({ instances, ...result }: Result): string {
  return withList(result, 'instances', instances.map(instanceText));
}

function instanceText(instance: Instance): string {
  const known = textOf.get(instance);
  if (known !== undefined) {
    return known;
  }
  const text = JSON.stringify(stored(instance));
  textOf.set(instance, text);
  return text;
}

function withList(value: object, name: string, texts: readonly string[]): string {
  return `${JSON.stringify(value).slice(0, -1)},"${name}":[${texts.join(',')}]}`;
}

function stored(instance: Instance): Project['results'][number]['instances'][number] {
  const { outlinedPrompt, ...kept } = instance;
  return { ...kept, isStale: isStale(instance) };
}

export function fromProject({ rasters, results }: Project): WorkDocument {
  return {
    rasters,
    results: results.map((result) => ({
      ...result,
      instances: result.instances.map(({ isStale: isOutlineDue, ...instance }) => ({
        ...instance,
        outlinedPrompt: isOutlineDue ? null : instance.promptScenePx,
      })),
    })),
  };
}
