/** One feature of a vector file as an instance on a scene. */
import type { DrawnInstance } from '../../contract/drawn-instance.ts';
import type { Geotransform } from '../../contract/geo.ts';
import { promptSchema, type Prompt } from '../../contract/prompt.ts';
import type { RunRecord } from '../../contract/run-record.ts';
import type { PolygonRings } from '../ports.ts';
import { withShape } from '../shape/instance-shapes.ts';
import { boundsOfPolygons } from '../polygon-bounds.ts';
import { inverseTransform } from '../shape/work-plane.ts';
import { affinePolygons } from '../vector/affine-polygons.ts';
import type { GroundMeasure } from '../vector/ground-measure.ts';
import { isValid, makeValid } from '../geometry/topology.ts';
import type { VectorFeature } from './geojson-features.ts';
import { promptOnOutline } from './scene-prompt.ts';

/** Attributes of our own files. Others may have some of the names, not all three. */
const tellingNames = ['question', 'score', 'prompt'] as const;

export interface InstanceReading {
  readonly transform: Geotransform;
  readonly measure: GroundMeasure | null;
  readonly runs: readonly RunRecord[];
  /** Whether score and prompt of the feature mean what they mean here. */
  readonly isOwn: boolean;
}

export function isOwnLayer(fieldNames: readonly string[]): boolean {
  return tellingNames.every((name) => fieldNames.includes(name));
}

/** Area and perimeter are measured anew: the shape may have been edited elsewhere. */
export function storedInstance(
  { properties, polygonsMap }: VectorFeature,
  { transform, measure, runs, isOwn }: InstanceReading,
): { instance: DrawnInstance; isMended: boolean } {
  const toScene = inverseTransform(transform);
  const isSound = isValid(polygonsMap);
  const shape = isSound ? makeValid(polygonsMap) : mended(polygonsMap, transform, toScene);
  const outlineScenePx = boundsOfPolygons(affinePolygons(shape, toScene));
  const prompt = isOwn ? promptOf(properties['prompt']) : null;
  const score = isOwn && typeof properties['score'] === 'number' ? properties['score'] : null;
  const instance: DrawnInstance = {
    promptScenePx: prompt === null ? null : promptOnOutline(prompt, outlineScenePx, runs),
    polygonsMap: [],
    score,
    areaM2: null,
    perimeterM: null,
  };
  return { instance: withShape(instance, shape, measure), isMended: !isSound };
}

/** Mended in pixels: large numbers would leave too few digits for where edges cross. */
function mended(polygonsMap: readonly PolygonRings[], transform: Geotransform, toScene: Geotransform): PolygonRings[] {
  return affinePolygons(makeValid(affinePolygons(polygonsMap, toScene)), transform);
}

/** Null for a text that a format has cut, or that another program has changed. */
function promptOf(text: unknown): Prompt | null {
  if (typeof text !== 'string') {
    return null;
  }
  try {
    const parsed = promptSchema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}
