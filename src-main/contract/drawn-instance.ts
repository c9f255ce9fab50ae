/** Instances as the desktop draws, edits and keeps them: geometry that crosses process borders as plain numbers. */
import { z } from 'zod';
import { promptSchema } from './prompt.ts';

/** `[x0, y0, x1, y1, ...]`, closed implicitly: the first vertex is not repeated. */
const ringSchema = z
  .array(z.number())
  .min(6)
  .refine((ring) => ring.length % 2 === 0, { message: 'a ring has an even number of coordinates' });

/** Exterior first, then holes; exterior and holes wind in opposite directions. */
export const polygonSchema = z.object({ rings: z.array(ringSchema).min(1) });

export type Polygon = z.infer<typeof polygonSchema>;

/** One outlined instance. Coordinates are those of the scene's CRS; without georeference pixels with y negated. */
export const drawnInstanceSchema = z.object({
  /** What the segmenter was told, in full-resolution scene pixels; null when the shape was not made by a prompt. */
  promptScenePx: promptSchema.nullable(),
  /** Empty when the mask was empty or all of it was nodata. */
  polygonsMap: z.array(polygonSchema),
  /** The segmenter's own estimate of IoU. */
  score: z.number().nullable(),
  /** Geodesic; null without a CRS on the Earth. */
  areaM2: z.number().nullable(),
  perimeterM: z.number().nullable(),
});

export type DrawnInstance = z.infer<typeof drawnInstanceSchema>;

/** Geometry changes that need no inference. Each is off at its zero. Applied in the order of the keys. */
export const refinementSchema = z.object({
  /** Positive grows, negative shrinks; metres on the ground. */
  bufferM: z.number(),
  /** Holes up to this area are filled; null fills all, 0 none. */
  fillHolesM2: z.number().min(0).nullable(),
  /** Parts below this area are dropped. */
  minAreaM2: z.number().min(0),
  /** Largest distance between old and new outline, in scene pixels. */
  simplifyPx: z.number().min(0),
  /** Edges are turned to the two main directions of each polygon. */
  rightAngles: z.boolean(),
  /** Rounds of corner cutting. */
  smoothRounds: z.number().int().min(0).max(5),
});

export type Refinement = z.infer<typeof refinementSchema>;
