/** Outlined instances as plain numbers, one for each prompt. */
import type { DrawnInstance, Polygon } from '../../contract/drawn-instance.ts';
import type { PolygonRings } from '../ports.ts';
import type { OutlinedInstance } from './outline.ts';
import { promptOfShape, type PromptShape } from './prompt-frames.ts';

export function plainPolygon({ rings }: PolygonRings): Polygon {
  return { rings: rings.map((ring) => [...ring]) };
}

/** One instance per prompt, same order; a prompt that gave no polygon has none. */
export function drawInstances(
  shapesScenePx: readonly PromptShape[],
  outlined: readonly OutlinedInstance[],
): DrawnInstance[] {
  const byPrompt = new Map(outlined.map(({ placed, feature }) => [placed.index, feature]));
  return shapesScenePx.map((shapeScenePx, index) => {
    const feature = byPrompt.get(index);
    return {
      promptScenePx: promptOfShape(shapeScenePx),
      polygonsMap: feature?.polygonsMap.map(plainPolygon) ?? [],
      score: feature?.score ?? null,
      areaM2: feature?.areaM2 ?? null,
      perimeterM: feature?.perimeterM ?? null,
    };
  });
}
