/** The tiles of a target at the resolution that was asked for. */
import { Think2SegError } from '../../contract/errors.ts';
import type { SegmentInput } from '../../contract/routes.ts';
import { groundScale } from '../crs/ground-scale.ts';
import type { RasterSource } from '../ports.ts';
import type { QueryContext } from '../query/query-ports.ts';
import type { SceneView } from '../query/scene-view.ts';
import { planTiles, type TilePlan } from './plan-tiles.ts';

/** Neighbouring tiles reach into each other by this share of a tile unless the user says otherwise. */
const defaultOverlapShare = 0.25;

/**
 * Least scene pixels along a side of a tile. Models look at patches of some 16 pixels of the picture: in a tile this small a patch shows
 * one pixel of the scene, and there is nothing left in it to recognise.
 */
const leastTilePx = 16;

export type ScaleOptions = NonNullable<SegmentInput['scale']>;

type Placement = Pick<RasterSource, 'crs' | 'transform'>;

/** Scene pixels to a pixel of the picture that the model sees. @throws GEOREFERENCE_MISSING */
function scenePxPerModelPx(
  source: Placement,
  view: Pick<SceneView, 'windowPx'>,
  gsdM: number | null,
): [number, number] {
  if (gsdM === null) {
    return [1, 1];
  }
  const { transform, crs } = source;
  const { x, y, width, height } = view.windowPx;
  const [a, b, c, d, e, f] = transform ?? [1, 0, 0, 0, 1, 0];
  const middle = [x + width / 2, y + height / 2] as const;
  const scale =
    transform === null
      ? null
      : groundScale(crs, [a * middle[0] + b * middle[1] + c, d * middle[0] + e * middle[1] + f]);
  if (scale === null) {
    throw new Think2SegError(
      'GEOREFERENCE_MISSING',
      `--gsd ${gsdM} was given but the scene has no place on the Earth, expected a georeferenced one; leave it out to use its pixels`,
    );
  }
  const pixelXM = Math.hypot(a * scale.xM, d * scale.yM);
  const pixelYM = Math.hypot(b * scale.xM, e * scale.yM);
  return [gsdM / pixelXM, gsdM / pixelYM];
}

/** It is the scene that makes a `--gsd` too fine: of many scenes only this one fails. @throws INPUT_UNSUPPORTED */
function assertTilesShowSomething(
  frame: QueryContext['frame'],
  [perX, perY]: readonly [number, number],
  gsdM: number | null,
): void {
  const sidePx = Math.min(frame.width * perX, frame.height * perY);
  if (gsdM !== null && sidePx < leastTilePx) {
    // Half a percent more: three digits of it must not be too little again.
    const leastGsdM = Number((((gsdM * leastTilePx) / sidePx) * 1.005).toPrecision(3));
    throw new Think2SegError(
      'INPUT_UNSUPPORTED',
      `--gsd ${gsdM} makes tiles of ${sidePx.toPrecision(2)} pixels of this scene, expected at least ${leastTilePx}; give ${leastGsdM} or more, or leave it out to use its pixels`,
    );
  }
}

/** @throws Think2SegError USAGE, GEOREFERENCE_MISSING, INPUT_UNSUPPORTED, INPUT_TOO_LARGE */
export function planScene(
  source: Placement,
  view: Pick<SceneView, 'windowPx'>,
  frame: QueryContext['frame'],
  scale: ScaleOptions,
): TilePlan {
  const overlapModelPx = scale.overlapPx ?? Math.round(Math.min(frame.width, frame.height) * defaultOverlapShare);
  if (overlapModelPx > Math.min(frame.width, frame.height) * 0.75) {
    throw new Think2SegError(
      'USAGE',
      `--overlap got ${overlapModelPx}, expected at most three quarters of the ${frame.width} x ${frame.height} picture of a tile`,
    );
  }
  const perModelPx = scenePxPerModelPx(source, view, scale.gsdM);
  assertTilesShowSomething(frame, perModelPx, scale.gsdM);
  return planTiles(view.windowPx, { frame, scenePxPerModelPx: perModelPx, overlapModelPx });
}
