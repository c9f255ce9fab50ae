/** Routes of geometry without models: shapes that are read, refined and combined. */
import { rasterReader } from '../core/raster/open-raster.ts';
import { inspectVector, readResults } from '../core/results/read-results.ts';
import { combineInstances } from '../core/shape/combine-instances.ts';
import { refineInstances } from '../core/shape/refine-instances.ts';
import { ScenePlaces } from '../core/shape/scene-place.ts';
import type { Handlers } from './serve.ts';

export function createShapeHandlers(): Pick<
  Handlers,
  'shape.refine' | 'shape.combine' | 'results.inspect' | 'results.read'
> {
  const places = new ScenePlaces(rasterReader);
  return {
    'shape.refine': async ({ rasterPath, instances, refinement }, { signal }) =>
      refineInstances(instances, refinement, await places.of(rasterPath, signal)),

    'shape.combine': async ({ rasterPath, operation, first, second }, { signal }) =>
      combineInstances(operation, first, second, await places.of(rasterPath, signal)),

    'results.inspect': ({ path }) => inspectVector(path),

    'results.read': ({ path, rasterPath }, { signal }) => readResults(rasterReader, path, rasterPath, signal),
  };
}
