/** The work as the map shows it: outlines of visible results, prompts of what is chosen. */
import type { Instance, Result } from '../state/document.ts';
import type { MapPrompt, MapShape } from './map-contents.ts';

/** @param shownOf the instances of a result as refinements make them */
export function shapesOf(results: readonly Result[], shownOf: (result: Result) => readonly Instance[]): MapShape[] {
  return results
    .filter(({ visible }) => visible)
    .flatMap((result) =>
      shownOf(result).map(({ id, polygonsMap, verdict }) => ({
        id,
        rasterId: result.rasterId,
        polygonsMap,
        color: result.color,
        opacity: result.opacity,
        isRejected: verdict === 'rejected',
      })),
    );
}

/** Prompts of all visible objects. */
export function promptsOf(results: readonly Result[]): MapPrompt[] {
  return results
    .filter(({ visible }) => visible)
    .flatMap(({ instances, rasterId, color }) =>
      instances.flatMap(({ id, promptScenePx }, index) =>
        promptScenePx === null ? [] : [{ instanceId: id, rasterId, promptScenePx, color, label: String(index + 1) }],
      ),
    );
}

/** More handles than this would cover what they are for. */
const mostEditable = 50;

/** The chosen objects whose prompts can be edited on the map. */
export function editedIds(selectedIds: readonly string[]): ReadonlySet<string> {
  return new Set(selectedIds.slice(-mostEditable));
}
