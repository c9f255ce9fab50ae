/** Which objects are chosen, on the map and in the list alike. */
import type { WorkDocument } from './document.ts';

/** The objects that are left of a selection after the work changed under it. */
export function pruneSelection(selected: readonly string[], work: WorkDocument): readonly string[] {
  const present = new Set(work.results.flatMap(({ instances }) => instances.map(({ id }) => id)));
  const left = selected.filter((id) => present.has(id));
  return left.length === selected.length ? selected : left;
}

/** The object after (or before) the last chosen one, in the order of the list; null at its end. */
export function neighbourOf(selected: readonly string[], work: WorkDocument, by: 1 | -1): string | null {
  const ids = work.results
    .filter(({ visible }) => visible)
    .flatMap(({ instances }) => instances.filter(({ verdict }) => verdict !== 'rejected').map(({ id }) => id));
  const current = ids.indexOf(selected.at(-1) ?? '');
  if (current === -1) {
    return (by === 1 ? ids[0] : ids.at(-1)) ?? null;
  }
  return ids[current + by] ?? null;
}

/** The chosen objects that are in sight: the results that hold them are shown. */
export function inSight(selected: readonly string[], { results }: WorkDocument): readonly string[] {
  const shown = new Set(
    results.filter(({ visible }) => visible).flatMap(({ instances }) => instances.map(({ id }) => id)),
  );
  return selected.filter((id) => shown.has(id));
}
