/** The work as it is edited: rasters and results, immutable. What a project file keeps, plus what an outline was made from. */
import type { DrawnInstance, Refinement } from '../../src-main/contract/drawn-instance.ts';
import type { Project } from '../../src-main/contract/project.ts';
import type { Prompt } from '../../src-main/contract/prompt.ts';

export type RasterLayer = Readonly<Project['rasters'][number]>;

type ProjectResult = Project['results'][number];

export type Verdict = ProjectResult['instances'][number]['verdict'];

export interface Instance extends Readonly<Omit<ProjectResult['instances'][number], 'isStale'>> {
  /** The prompt that the outline answers. Another one than `promptScenePx` while the segmenter has yet to follow an edit. */
  readonly outlinedPrompt: Prompt | null;
}

export interface Result extends Readonly<Omit<ProjectResult, 'instances'>> {
  readonly instances: readonly Instance[];
}

export interface WorkDocument {
  /** Bottom first. */
  readonly rasters: readonly RasterLayer[];
  /** Bottom first. */
  readonly results: readonly Result[];
}

export const emptyDocument: WorkDocument = { rasters: [], results: [] };

export const noRefinement: Refinement = {
  bufferM: 0,
  fillHolesM2: 0,
  minAreaM2: 0,
  simplifyPx: 0,
  rightAngles: false,
  smoothRounds: 0,
};

export function isRefined(refinement: Refinement): boolean {
  const { bufferM, fillHolesM2, minAreaM2, simplifyPx, rightAngles, smoothRounds } = refinement;
  return bufferM !== 0 || fillHolesM2 !== 0 || minAreaM2 !== 0 || simplifyPx !== 0 || rightAngles || smoothRounds !== 0;
}

/** The outline has not followed the last edit of its prompt yet. */
export function isStale({ promptScenePx, outlinedPrompt }: Instance): boolean {
  return promptScenePx !== null && promptScenePx !== outlinedPrompt;
}

/** @param attributes what a file had of it, in the order of the result's fields */
export function newInstance(
  drawn: DrawnInstance,
  id: string,
  origin: Instance['origin'],
  attributes: Instance['attributes'] = [],
): Instance {
  return { ...drawn, id, origin, verdict: 'open', outlinedPrompt: drawn.promptScenePx, attributes };
}

export interface FoundInstance {
  readonly result: Result;
  readonly instance: Instance;
}

export function findInstance(work: WorkDocument, instanceId: string | null): FoundInstance | null {
  for (const result of work.results) {
    const instance = result.instances.find(({ id }) => id === instanceId);
    if (instance !== undefined) {
      return { result, instance };
    }
  }
  return null;
}
