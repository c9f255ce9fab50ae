/** Between the work in memory and the project file. */
import { projectVersion, type Project } from '../../src-main/contract/project.ts';
import type { Instance, WorkDocument } from './document.ts';

export interface ProjectExtras {
  readonly view: Project['view'];
  readonly questionHistory: readonly string[];
}

export function toProject(work: WorkDocument, { view, questionHistory }: ProjectExtras, savedAt: Date): Project {
  return {
    format: 'think2seg-project',
    version: projectVersion,
    savedAt: savedAt.toISOString(),
    rasters: work.rasters.map((raster) => ({ ...raster })),
    results: work.results.map((result) => ({ ...result, instances: result.instances.map(stored) })),
    view,
    questionHistory: [...questionHistory],
  };
}

function stored({ outlinedPrompt, ...instance }: Instance): Project['results'][number]['instances'][number] {
  return instance;
}

export function fromProject({ rasters, results }: Project): WorkDocument {
  return {
    rasters,
    results: results.map((result) => ({
      ...result,
      instances: result.instances.map((instance) => ({ ...instance, outlinedPrompt: instance.promptScenePx })),
    })),
  };
}
