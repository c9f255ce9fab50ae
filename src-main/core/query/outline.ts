/** Masks to measured features: trace, simplify all instances together, move to the map, measure, drop what is too small. */
import type { Crs, Geotransform } from '../../contract/geo.ts';
import type { OutputFeature, PolygonRings } from '../ports.ts';
import { burnShapes } from '../shape/burn-instances.ts';
import { affinePolygons } from '../vector/affine-polygons.ts';
import { groundMeasure } from '../vector/ground-measure.ts';
import { planarArea } from '../geometry/planar.ts';
import { simplifyPolygons } from '../vector/simplify.ts';
import { traceMask } from '../vector/trace-mask.ts';
import type { PlacedMask } from './instance-masks.ts';

/** Scenes without georeference get pixel coordinates with y negated, which is where GIS programs show such an image. */
const pixelsAsMap: Geotransform = [1, 0, 0, 0, -1, 0];

export interface OutlineOptions {
  readonly connectivity: 4 | 8;
  /** Tolerance in pixels of the finest mask; 0 keeps every pixel edge. */
  readonly simplifyPx: number;
  /** Parts below this geodesic area are dropped; without effect where there is none: no CRS, another body than the Earth, no such place. */
  readonly minAreaM2: number;
  /** Parts below this many scene pixels are dropped. */
  readonly leastPartPx?: number;
  readonly transform: Geotransform | null;
  readonly crs: Crs | null;
  readonly question: string;
}

export interface OutlinedInstance {
  readonly feature: OutputFeature;
  readonly polygonsScenePx: readonly PolygonRings[];
  readonly placed: PlacedMask;
}

/** One feature per mask that has any part left. Instances are numbered from 1 in the order of the masks. */
export function outlineInstances(masks: readonly PlacedMask[], options: OutlineOptions): OutlinedInstance[] {
  const groups = masks.map(({ mask, width, height }) =>
    traceMask(mask, width, height, { connectivity: options.connectivity }).map(({ parts }) => parts),
  );
  const traced = masks.map(({ gridToScene }, index) => affinePolygons(groups[index]!.flat(), gridToScene));
  const finestCellPx = Math.min(...masks.map(({ gridToScene }) => Math.min(gridToScene[0], gridToScene[4])));
  const simplified =
    options.simplifyPx === 0 || masks.length === 0
      ? traced
      : simplifyPolygons(traced, options.simplifyPx * finestCellPx);
  const measure = groundMeasure(options.crs);
  const toMap = options.transform ?? pixelsAsMap;

  const outlined: OutlinedInstance[] = [];
  masks.forEach((placed, index) => {
    const polygonsScenePx: PolygonRings[] = [];
    const polygonsMap: PolygonRings[] = [];
    const droppedGrid: PolygonRings[] = [];
    let areaM2 = 0;
    let perimeterM = 0;
    let next = 0;
    for (const partsGrid of groups[index]!) {
      const partsScenePx = simplified[index]!.slice(next, (next += partsGrid.length));
      const partsMap = affinePolygons(partsScenePx, toMap);
      const size = measure?.(partsMap) ?? { areaM2: Number.NaN, perimeterM: Number.NaN };
      // Pieces that hang together at corners are one part: they stay or go as one.
      if (planarArea(partsScenePx) < (options.leastPartPx ?? 0) || size.areaM2 < options.minAreaM2) {
        droppedGrid.push(...partsGrid);
        continue;
      }
      polygonsScenePx.push(...partsScenePx);
      polygonsMap.push(...partsMap);
      areaM2 += size.areaM2;
      perimeterM += size.perimeterM;
    }
    if (polygonsMap.length > 0) {
      outlined.push({
        placed: without(placed, droppedGrid),
        polygonsScenePx,
        feature: {
          instance: outlined.length + 1,
          polygonsMap,
          question: options.question,
          score: placed.score,
          areaM2: Number.isFinite(areaM2) ? areaM2 : null,
          perimeterM: Number.isFinite(perimeterM) ? perimeterM : null,
          prompt: placed.prompt,
        },
      });
    }
  });
  return outlined;
}

/** The mask without the parts that were dropped, so that every output holds the same object. */
function without(placed: PlacedMask, droppedGrid: readonly PolygonRings[]): PlacedMask {
  if (droppedGrid.length === 0) {
    return placed;
  }
  const { width, height } = placed;
  const dropped = burnShapes([droppedGrid], { x: 0, y: 0, width, height });
  return { ...placed, mask: placed.mask.map((value, cell) => (dropped[cell] === 0 ? value : 0)) };
}
