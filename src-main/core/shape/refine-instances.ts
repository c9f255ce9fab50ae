/** Changes of outlines that need no model, in one fixed order, with a valid result whatever is asked. */
import type { DrawnInstance, Refinement } from '../../contract/drawn-instance.ts';
import { Think2SegError } from '../../contract/errors.ts';
import type { PolygonRings } from '../ports.ts';
import { affinePolygons } from '../vector/affine-polygons.ts';
import { groundMeasure, type GroundMeasure } from '../vector/ground-measure.ts';
import { squareCorners } from '../vector/right-angles.ts';
import { simplifyPolygons } from '../vector/simplify.ts';
import { smooth } from '../vector/smooth.ts';
import { buffer, makeValid, simplify } from '../geometry/topology.ts';
import { finiteOrNull, ringsOf, withShape } from './instance-shapes.ts';
import type { ScenePlace } from './scene-place.ts';
import { snapToGrid } from './snap-to-grid.ts';
import { inverseTransform, planeAround } from './work-plane.ts';

/** The steps of pixel edges would all count as right angles: they are taken out first. */
const leastSimplifyBeforeSquaringPx = 1;
/** An edge that strays no further from an axis than this follows it. */
const axisTolerancePx = 1e-5;

type Shape = readonly PolygonRings[];

/**
 * One instance for each given, in their order; one that loses all its parts has no polygons.
 *
 * @throws Think2SegError CRS_UNSUPPORTED when metres are asked for on a scene without a CRS on the Earth.
 */
export function refineInstances(
  instances: readonly DrawnInstance[],
  refinement: Refinement,
  place: ScenePlace,
): DrawnInstance[] {
  const measure = groundMeasure(place.crs);
  refuseMetresWithout(measure, refinement);
  const given = instances.map(({ polygonsMap }) => ringsOf(polygonsMap));
  const filled = given.map((shapeMap) => partsAndHoles(buffered(shapeMap, refinement, place), refinement, measure));
  const simplified = simplifyTogether(filled, refinement, place);
  const finished = simplified.map((shapeMap) => cornersAndCurves(shapeMap, refinement, place));
  return instances.map((instance, index) => withShape(instance, finished[index]!, measure));
}

function refuseMetresWithout(measure: GroundMeasure | null, refinement: Refinement): void {
  const { bufferM, fillHolesM2, minAreaM2 } = refinement;
  const isMetric = bufferM !== 0 || (fillHolesM2 ?? 0) > 0 || minAreaM2 > 0;
  if (measure === null && isMetric) {
    throw new Think2SegError(
      'CRS_UNSUPPORTED',
      'the scene has no coordinate reference system on the Earth, so buffer, hole and part sizes in metres mean nothing; ' +
        'set them to 0 (all holes can be filled still)',
    );
  }
}

function buffered(shapeMap: Shape, { bufferM }: Refinement, place: ScenePlace): Shape {
  return bufferM === 0 ? shapeMap : onPlane(shapeMap, place, (shape) => buffer(makeValid(shape), bufferM));
}

function partsAndHoles(
  shapeMap: Shape,
  { fillHolesM2, minAreaM2 }: Refinement,
  measure: GroundMeasure | null,
): PolygonRings[] {
  const areaM2 = (polygon: PolygonRings): number => finiteOrNull(measure?.([polygon]).areaM2) ?? Infinity;
  return shapeMap
    .map(({ rings: [exterior = new Float64Array(), ...holes] }) => ({
      rings: [
        exterior,
        ...holes.filter(
          (hole) => fillHolesM2 !== null && (fillHolesM2 === 0 || areaM2({ rings: [hole] }) > fillHolesM2),
        ),
      ],
    }))
    .filter((polygon) => minAreaM2 === 0 || areaM2(polygon) >= minAreaM2);
}

/** Borders that instances share stay shared while all of them follow pixel edges. */
function simplifyTogether(shapesMap: readonly Shape[], refinement: Refinement, place: ScenePlace): Shape[] {
  const tolerancePx = refinement.rightAngles
    ? Math.max(refinement.simplifyPx, leastSimplifyBeforeSquaringPx)
    : refinement.simplifyPx;
  if (tolerancePx === 0) {
    return [...shapesMap];
  }
  const toPixels = inverseTransform(place.transform);
  const shapesPx = shapesMap.map((shapeMap) => affinePolygons(shapeMap, toPixels));
  const simplifiedPx = shapesPx.every(followsPixelEdges)
    ? simplifyPolygons(shapesPx.map(snapToGrid), tolerancePx)
    : shapesPx.map((shapePx) => simplify(makeValid(shapePx), tolerancePx));
  return simplifiedPx.map((shapePx) => affinePolygons(shapePx, place.transform));
}

function followsPixelEdges(shapePx: Shape): boolean {
  return shapePx.every(({ rings }) =>
    rings.every((ring) => {
      for (let i = 0; i < ring.length; i += 2) {
        const next = (i + 2) % ring.length;
        const strayX = Math.abs(ring[next]! - ring[i]!);
        const strayY = Math.abs(ring[next + 1]! - ring[i + 1]!);
        if (Math.min(strayX, strayY) > axisTolerancePx) {
          return false;
        }
      }
      return true;
    }),
  );
}

function cornersAndCurves(shapeMap: Shape, { rightAngles, smoothRounds }: Refinement, place: ScenePlace): Shape {
  if (!rightAngles && smoothRounds === 0) {
    return shapeMap;
  }
  return onPlane(shapeMap, place, (shape) => {
    const squared = rightAngles ? squareCorners(shape) : shape;
    return smooth(squared, smoothRounds);
  });
}

function onPlane(shapeMap: Shape, place: ScenePlace, work: (shape: Shape) => PolygonRings[]): PolygonRings[] {
  if (shapeMap.length === 0) {
    return [];
  }
  const plane = planeAround(shapeMap, place);
  return affinePolygons(work(affinePolygons(shapeMap, plane.fromMap)), plane.toMap);
}
