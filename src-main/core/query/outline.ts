/** Masks to measured features: trace, simplify all instances together, move to the map, measure, drop what is too small. */
import type { Crs, Geotransform } from '../../contract/geo.ts';
import type { OutputFeature, PolygonRings } from '../ports.ts';
import { affinePolygons } from '../vector/affine-polygons.ts';
import { groundMeasure } from '../vector/ground-measure.ts';
import { planarArea } from '../vector/planar.ts';
import { simplifyPolygons } from '../vector/simplify.ts';
import { traceMask } from '../vector/trace-mask.ts';
import type { PlacedMask } from './instance-masks.ts';

/** Scenes without georeference get pixel coordinates with y negated, which is where GIS programs show such an image. */
const pixelsAsMap: Geotransform = [1, 0, 0, 0, -1, 0];

export interface OutlineOptions {
  readonly connectivity: 4 | 8;
  /** Tolerance in pixels of the finest mask; 0 keeps every pixel edge. */
  readonly simplifyPx: number;
  /** Parts below this geodesic area are dropped; without effect without a CRS, or on another body than the Earth. */
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
  const traced = masks.map((placed) =>
    affinePolygons(
      traceMask(placed.mask, placed.width, placed.height, { connectivity: options.connectivity }).flatMap(
        (polygon) => polygon.parts,
      ),
      placed.gridToScene,
    ),
  );
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
    let areaM2 = 0;
    let perimeterM = 0;
    for (const polygonScenePx of simplified[index] ?? []) {
      if (planarArea([polygonScenePx]) < (options.leastPartPx ?? 0)) {
        continue;
      }
      for (const polygonMap of affinePolygons([polygonScenePx], toMap)) {
        const size = measure?.([polygonMap]);
        if (size !== undefined && size.areaM2 < options.minAreaM2) {
          continue;
        }
        polygonsScenePx.push(polygonScenePx);
        polygonsMap.push(polygonMap);
        areaM2 += size?.areaM2 ?? 0;
        perimeterM += size?.perimeterM ?? 0;
      }
    }
    if (polygonsMap.length > 0) {
      outlined.push({
        placed,
        polygonsScenePx,
        feature: {
          instance: outlined.length + 1,
          polygonsMap,
          question: options.question,
          score: placed.score,
          areaM2: measure === null ? null : areaM2,
          perimeterM: measure === null ? null : perimeterM,
          prompt: placed.prompt,
        },
      });
    }
  });
  return outlined;
}
