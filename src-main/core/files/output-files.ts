import { extname } from 'node:path';

/** The name without its extension; the folder stays. */
export function withoutExtension(path: string): string {
  return path.slice(0, path.length - extname(path).length);
}

/** Parts of a Shapefile that are written, the main file first. `.prj` is left out where there is no CRS. */
export const shapefileParts = ['.shp', '.shx', '.dbf', '.prj', '.cpg', '.think2seg.json'] as const;

/** Indexes and notes that other programs leave beside a Shapefile; they lie once the Shapefile was replaced. */
export const shapefileLeftovers = ['.qix', '.sbn', '.sbx', '.idm', '.ind', '.qpj', '.shp.xml'] as const;

/** Every file that an output of this name consists of, the named one first. */
export function outputFilesOf(path: string): string[] {
  const base = withoutExtension(path);
  switch (extname(path).toLowerCase()) {
    case '.shp':
      return [path, ...shapefileParts.slice(1).map((extension) => base + extension)];
    case '.fgb':
      // FlatGeobuf has no place for the run record that GDAL 3.8 could fill.
      return [path, `${base}.think2seg.json`];
    default:
      return [path];
  }
}
