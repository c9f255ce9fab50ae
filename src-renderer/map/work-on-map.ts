/** The work as the map shows it: outlines of visible results, prompts of what is chosen. */
import type { Instance, Result, WorkDocument } from '../state/document.ts';
import type { MapPrompt, MapShape } from './map-contents.ts';

/** @param shownOf the instances of a result as refinements make them */
export function shapesOf({ results }: WorkDocument, shownOf: (result: Result) => readonly Instance[]): MapShape[] {
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

/** Prompts of chosen objects can be edited; those beside them in the same results are shown. */
export function promptsOf({ results }: WorkDocument, selectedIds: readonly string[]): MapPrompt[] {
  const selected = new Set(selectedIds);
  return results
    .filter(({ visible }) => visible)
    .flatMap(({ instances, rasterId, color }) =>
      instances.flatMap(({ id, promptScenePx }, index) =>
        promptScenePx === null
          ? []
          : [
              {
                instanceId: id,
                rasterId,
                promptScenePx,
                color,
                label: String(index + 1),
                isEditable: selected.has(id),
              },
            ],
      ),
    );
}
