/** Files that lie beside another and belong to it: whoever drops them all means the one. */

const extensions = [
  // Shapefile, FlatGeobuf and what is said about either.
  'shx|dbf|cpg|qpj|qix|sbn|sbx|qml|think2seg\\.json',
  // Raster: overviews, mask, statistics, metadata, sensor model.
  'ovr|msk|aux\\.xml|aux|xml|rrd|ige|hdr|clr|stx|rpb|rpc|imd',
  // Where it lies.
  'prj|tab|wld|(?:tf|tif|tiff|jg|jpg|jpeg|j2|jp2|pg|png|bp|bmp|gf|gif|sd|ew)wx?',
];

/** One may have another, such as the overviews of a mask. */
const companion = new RegExp(`(?:\\.(?:${extensions.join('|')}))+$`, 'i');

/** Leaves out companions of files that are there; one alone stays, so that its reader says what it is. */
export function withoutCompanions(paths: readonly string[]): string[] {
  const mains = paths.filter((path) => !companion.test(path)).map((path) => path.toLowerCase());
  const named = new Set(mains.flatMap((path) => [path, path.replace(/\.[^.\\/]*$/, '')]));
  return paths.filter((path) => !companion.test(path) || !named.has(path.toLowerCase().replace(companion, '')));
}
