import type { BoundingBox } from '../../contract/geo.ts';
import { boundsOfPolygons } from '../polygon-bounds.ts';
import type { PolygonRings, RingCoordinates } from '../ports.ts';
import { oriented } from './rings.ts';

const [wkbPolygon, wkbMultiPolygon] = [3, 6];
const littleEndian = 1;
/** Flags of a GeoPackage geometry, beside its byte order. */
const [withBox, isEmpty] = [0b10, 0b1_0000];
const partHeaderBytes = 1 + 4 + 4;
const pointBytes = 2 * 8;

/**
 * A multipolygon as GeoPackages keep it (OGC 12-128r18, section 2.1.3): a header with the box, then WKB. Exteriors wind counter-clockwise.
 *
 * @returns with the bounds; null for a multipolygon without points.
 */
export function geoPackageGeometry(
  polygons: readonly PolygonRings[],
  srsId: number,
): { blob: Buffer; bounds: BoundingBox | null } {
  const [minX, minY, maxX, maxY] = boundsOfPolygons(polygons);
  const isShape = minX <= maxX;
  const headerBytes = 8 + (isShape ? 4 * 8 : 0);
  const blob = Buffer.allocUnsafe(
    headerBytes + partHeaderBytes + polygons.reduce((sum, part) => sum + wkbBytes(part), 0),
  );
  blob.write('GP\0', 0, 'latin1');
  blob[3] = littleEndian | (isShape ? withBox : isEmpty);
  blob.writeInt32LE(srsId, 4);
  if (isShape) {
    [minX, maxX, minY, maxY].forEach((value, index) => blob.writeDoubleLE(value, 8 + index * 8));
  }
  let at = writePartHeader(blob, headerBytes, wkbMultiPolygon, polygons.length);
  for (const { rings } of polygons) {
    at = writePartHeader(blob, at, wkbPolygon, rings.length);
    for (const [index, ring] of rings.entries()) {
      at = writeRing(blob, at, oriented(ring, index === 0));
    }
  }
  return { blob, bounds: isShape ? [minX, minY, maxX, maxY] : null };
}

function wkbBytes({ rings }: PolygonRings): number {
  return rings.reduce((sum, ring) => sum + 4 + ring.byteLength + pointBytes, partHeaderBytes);
}

function writePartHeader(blob: Buffer, at: number, type: number, count: number): number {
  blob[at] = littleEndian;
  blob.writeUInt32LE(type, at + 1);
  blob.writeUInt32LE(count, at + 5);
  return at + partHeaderBytes;
}

/** The first point stands at the end again. Coordinates are copied as they are: this program runs on little-endian machines only. */
function writeRing(blob: Buffer, start: number, ring: RingCoordinates): number {
  const bytes = new Uint8Array(ring.buffer, ring.byteOffset, ring.byteLength);
  const at = blob.writeUInt32LE(ring.length / 2 + 1, start);
  blob.set(bytes, at);
  blob.set(bytes.subarray(0, pointBytes), at + bytes.length);
  return at + bytes.length + pointBytes;
}
