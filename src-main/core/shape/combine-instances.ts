/** Results as layers: merged, subtracted, intersected. */
import type { DrawnInstance } from '../../contract/drawn-instance.ts';
import { boundsOfPolygons } from '../polygon-bounds.ts';
import type { PolygonRings } from '../ports.ts';
import { affinePolygons } from '../vector/affine-polygons.ts';
import { groundMeasure } from '../vector/ground-measure.ts';
import { contains, interiorPoint, intersect, makeValid, subtract, unite } from '../geometry/topology.ts';
import { ringsOf, withShape } from './instance-shapes.ts';
import type { ScenePlace } from './scene-place.ts';
import { snapToGrid } from './snap-to-grid.ts';
import { inverseTransform } from './work-plane.ts';

export type Combination = 'merge' | 'subtract' | 'intersect';

interface Placed {
  readonly instance: DrawnInstance;
  /** In pixels of the scene. */
  readonly shape: readonly PolygonRings[];
}

/**
 * `merge`: instances that overlap or touch become one, others stay as they are. `subtract` and `intersect`: what each of `first` has
 * outside or inside of all of `second`. Instances that nothing is left of are absent. One that was changed was not made by its prompt any
 * more: prompt and score are null.
 */
export function combineInstances(
  operation: Combination,
  first: readonly DrawnInstance[],
  second: readonly DrawnInstance[],
  place: ScenePlace,
): DrawnInstance[] {
  const toPixels = inverseTransform(place.transform);
  const placed = (instances: readonly DrawnInstance[]): Placed[] =>
    instances
      .filter(({ polygonsMap }) => polygonsMap.length > 0)
      .map((instance) => ({
        instance,
        shape: makeValid(snapToGrid(affinePolygons(ringsOf(instance.polygonsMap), toPixels))),
      }));
  const [left, right] = [placed(first), placed(second)];
  const changed = operation === 'merge' ? merge([...left, ...right]) : cut(operation, left, right);
  const measure = groundMeasure(place.crs);
  return changed.map(({ instance, shape }) =>
    shape === null
      ? instance
      : withShape({ ...instance, promptScenePx: null, score: null }, affinePolygons(shape, place.transform), measure),
  );
}

interface Changed {
  readonly instance: DrawnInstance;
  /** Null when it is as it was. */
  readonly shape: readonly PolygonRings[] | null;
}

function cut(operation: 'subtract' | 'intersect', first: readonly Placed[], second: readonly Placed[]): Changed[] {
  const tools = unite(second.flatMap(({ shape }) => shape));
  const toolBounds = tools.map((tool) => boundsOfPolygons([tool]));
  return first.flatMap(({ instance, shape }): Changed[] => {
    const [minX, minY, maxX, maxY] = boundsOfPolygons(shape);
    const near = tools.filter((_, index) => {
      const [toolMinX, toolMinY, toolMaxX, toolMaxY] = toolBounds[index]!;
      return toolMinX < maxX && toolMaxX > minX && toolMinY < maxY && toolMaxY > minY;
    });
    if (near.length === 0) {
      return operation === 'subtract' ? [{ instance, shape: null }] : [];
    }
    const left = operation === 'subtract' ? subtract(shape, near) : intersect(shape, near);
    return left.length === 0 ? [] : [{ instance, shape: left }];
  });
}

function merge(placed: readonly Placed[]): Changed[] {
  const parts = unite(placed.flatMap(({ shape }) => shape));
  const partBounds = parts.map((part) => boundsOfPolygons([part]));
  /** Parts are joined when one instance lies in both of them. */
  const leader = parts.map((_, index) => index);
  const find = (index: number): number => (leader[index] === index ? index : find(leader[index]!));
  const partOfInstance = placed.map(({ shape }) => {
    const found = shape.map((polygon) => {
      const [x, y] = interiorPoint(polygon);
      return parts.findIndex((part, index) => {
        const [minX, minY, maxX, maxY] = partBounds[index]!;
        return x >= minX && x <= maxX && y >= minY && y <= maxY && contains(part, [x, y]);
      });
    });
    const [start = -1] = found;
    for (const other of found) {
      leader[find(other)] = find(start);
    }
    return start;
  });
  const groups = new Map<number, Placed[]>();
  placed.forEach((member, index) => {
    const group = find(partOfInstance[index]!);
    groups.set(group, [...(groups.get(group) ?? []), member]);
  });
  return [...groups].map(([group, [head, ...others]]) => ({
    instance: head!.instance,
    shape: others.length === 0 ? null : parts.filter((_, index) => find(index) === group),
  }));
}
