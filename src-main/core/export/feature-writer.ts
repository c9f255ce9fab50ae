import { basename, extname } from 'node:path';
import { Think2SegError } from '../../contract/errors.ts';
import type { FeatureWriter, WriteRequest, WrittenFiles } from '../ports.ts';
import { writeGeoJson } from './geojson.ts';
import { refuseReservedName, writeGeoPackage } from './geopackage.ts';
import { writeFlatGeobuf, writeShapefile } from './ogr-layer.ts';

type Write = (request: WriteRequest, signal: AbortSignal) => Promise<WrittenFiles>;

const writers: Readonly<Record<string, Write>> = {
  '.geojson': writeGeoJson,
  '.json': writeGeoJson,
  '.gpkg': writeGeoPackage,
  '.shp': writeShapefile,
  '.fgb': writeFlatGeobuf,
};

/** Throws OUTPUT_FORMAT when no vector format goes by the extension of `path`, or that format cannot hold a layer of its name. */
export function checkVectorFormat(path: string): void {
  writerOf(path);
  if (extname(path).toLowerCase() === '.gpkg') {
    refuseReservedName(path, layerNameOf(path));
  }
}

/** A layer is named as its file. */
export function layerNameOf(path: string): string {
  return basename(path, extname(path));
}

/** Writes vector files; the extension says the format. */
export function createFeatureWriter(): FeatureWriter {
  return {
    write: async (request, signal) => {
      const write = writerOf(request.path);
      signal.throwIfAborted();
      return write(request, signal);
    },
  };
}

function writerOf(path: string): Write {
  const extension = extname(path).toLowerCase();
  const write = writers[extension];
  if (write === undefined) {
    throw new Think2SegError(
      'OUTPUT_FORMAT',
      `no vector format goes by the extension "${extension}" of ${path}; use ${Object.keys(writers).join(', ')}`,
    );
  }
  return write;
}
