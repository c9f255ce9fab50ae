import type { LonLatTransform } from '../crs/lon-lat.ts';
import type { RingCoordinates } from '../ports.ts';

/** A wider step in longitude is looked at more closely: it may pass the antimeridian, or span half the world. */
const suspiciousStepDegrees = 90;
const partsOfASuspiciousStep = 16;

/**
 * The ring in WGS 84 with continuous longitudes: a ring across the antimeridian goes on beyond 180 (or below -180) instead of jumping.
 * A ring around a pole is closed along that pole. Null where the projection is not defined for a vertex.
 */
export function unwrappedLonLat(ringMap: RingCoordinates, { forward }: LonLatTransform): RingCoordinates | null {
  const count = ringMap.length / 2;
  const lonLat: number[] = [];
  let lon = Number.NaN;
  let lat = Number.NaN;
  for (let vertex = 0; vertex <= count; vertex += 1) {
    const x = ringMap[(vertex % count) * 2]!;
    const y = ringMap[(vertex % count) * 2 + 1]!;
    const [nextLon, nextLat] = forward([x, y]);
    if (Number.isNaN(nextLon)) {
      return null;
    }
    if (vertex === 0) {
      lon = nextLon;
    } else if (isShortStep(lon, nextLon)) {
      lon += nearestTurn(nextLon - lon);
    } else {
      const x0 = ringMap[(vertex - 1) * 2]!;
      const y0 = ringMap[(vertex - 1) * 2 + 1]!;
      for (let part = 1; part <= partsOfASuspiciousStep; part += 1) {
        const share = part / partsOfASuspiciousStep;
        const [partLon] = forward([x0 + (x - x0) * share, y0 + (y - y0) * share]);
        if (!Number.isNaN(partLon)) {
          lon += nearestTurn(partLon - lon);
        }
      }
    }
    lat = nextLat;
    if (vertex < count) {
      lonLat.push(lon, lat);
    }
  }
  const turns = Math.round((lon - lonLat[0]!) / 360);
  if (turns !== 0) {
    const pole = lonLat.reduce((sum, value, index) => (index % 2 === 1 ? sum + value : sum), 0) > 0 ? 90 : -90;
    lonLat.push(lon, lonLat[1]!, lon, pole, lonLat[0]!, pole);
  }
  return Float64Array.from(lonLat);
}

/** Both ends on the antimeridian may be no step at all or one around the world: 180 and -180 are the same number there. */
function isShortStep(lon: number, nextLon: number): boolean {
  const wrapped = ((lon + 540) % 360) - 180;
  const onAntimeridian = (degrees: number) => Math.abs(degrees) > 180 - 1e-6;
  return Math.abs(nextLon - wrapped) < suspiciousStepDegrees && !(onAntimeridian(wrapped) && onAntimeridian(nextLon));
}

/** A difference of longitudes as the shorter way round. */
function nearestTurn(difference: number): number {
  return difference - 360 * Math.round(difference / 360);
}
