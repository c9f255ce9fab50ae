import { parseWkt, type WktNode } from './wkt-tree.ts';

const compoundKeywords = ['COMPD_CS', 'COMPOUNDCRS'];
const verticalKeywords = ['VERT_CS', 'VERTCRS', 'VERTICALCRS'];

/** Name of the vertical part of a compound WKT (1 or 2), null when there is none. Throws CRS_UNSUPPORTED for torn text. */
export function verticalNameOf(wkt: string): string | null {
  const root = parseWkt(wkt);
  return compoundKeywords.includes(root.keyword) ? findVertical(root) : null;
}

/** A part with a datum shift is wrapped in a `BOUNDCRS`, so it may lie deeper. */
function findVertical(node: WktNode): string | null {
  if (verticalKeywords.includes(node.keyword)) {
    return String(node.values[0] ?? 'unnamed');
  }
  for (const child of node.children) {
    const name = findVertical(child);
    if (name !== null) {
      return name;
    }
  }
  return null;
}
