/** Which files of a folder are taken for rasters. Files that are named one by one may have any extension. */
import { extname } from 'node:path';

const extensions = new Set([
  '.tif',
  '.tiff',
  '.gtiff',
  '.vrt',
  '.jp2',
  '.j2k',
  '.png',
  '.jpg',
  '.jpeg',
  '.webp',
  '.img',
  '.ntf',
  '.ers',
  '.bil',
]);

export function hasRasterName(name: string): boolean {
  return extensions.has(extname(name).toLowerCase());
}
