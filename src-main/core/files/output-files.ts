import { extname } from 'node:path';

/** The name without its extension; the folder stays. */
export function withoutExtension(path: string): string {
  return path.slice(0, path.length - extname(path).length);
}

/** Parts of a Shapefile that are written, the main file first. `.prj` is left out where there is no CRS. */
export const shapefileParts = ['.shp', '.shx', '.dbf', '.prj', '.cpg', '.think2seg.json'] as const;

/** Indexes and notes that other programs leave beside a Shapefile; they lie once the Shapefile was replaced. */
export const shapefileLeftovers = ['.qix', '.sbn', '.sbx', '.idm', '.ind', '.qpj', '.shp.xml'] as const;

/** Pyramids, statistics and places that other programs leave beside a picture; they lie once the picture was replaced. */
export const pictureLeftovers = ['.ovr', '.aux.xml', '.msk', '.msk.ovr'] as const;

/** Every file that an output of this name consists of, the named one first. */
export function outputFilesOf(path: string): string[] {
  const base = withoutExtension(path);
  switch (extname(path).toLowerCase()) {
    case '.shp':
      return [path, ...shapefileParts.slice(1).map((extension) => base + extension)];
    case '.fgb':
      // GDAL 3.8 cannot write a run record into a FlatGeobuf. A Shapefile of the same name must keep its own.
      return [path, `${path}.think2seg.json`];
    default:
      return [path];
  }
}
