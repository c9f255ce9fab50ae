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
  if (extname(path).toLowerCase() !== '.shp') {
    return [path];
  }
  const base = withoutExtension(path);
  return [path, ...shapefileParts.slice(1).map((extension) => base + extension)];
}
