/**
 * The main job: a raster and a question go in, georeferenced polygons with their reasoning come out. The steps stand in order in
 * `query/answer-query.ts`; each is a function or a port that knows nothing of the others. Here is what surrounds them: the scene is
 * opened and closed, time is taken, outputs are checked before and written after.
 */
import type { OnProgress } from '../contract/progress.ts';
import type { SegmentInput } from '../contract/routes.ts';
import type { SegmentResult } from '../contract/segment-result.ts';
import { isOnEarth } from './crs/earth.ts';
import type { RasterSource } from './ports.ts';
import type { QueryContext, QueryPorts, StepOptions } from './query/query-ports.ts';
import { readSceneView } from './query/scene-view.ts';
import { stepOptions } from './query/step-options.ts';
import { checkOutputs, writeOutputs } from './query/write-outputs.ts';
import { answerAtScale } from './scenes/answer-at-scale.ts';

/**
 * Runs one query. Outputs appear complete or not at all.
 *
 * @throws Think2SegError with the code of whatever went wrong; CANCELLED when the signal was aborted.
 */
export async function runQuery(
  ports: QueryPorts,
  input: SegmentInput,
  context: QueryContext,
  caller: { signal: AbortSignal; onProgress: OnProgress },
): Promise<SegmentResult> {
  const options = stepOptions(caller);
  await checkOutputs(input);
  return withScene(ports, input.rasterPath, options, async (source) => {
    // Nobody asks a second time: no encoded image is kept.
    const view = await readSceneView(source, input, { frame: context.frame, keptCrops: 0 }, options);
    const { outlined, runRecord, finish } = await answerAtScale(ports, view, input, context, options);
    const { files, warnings } = await options.stopwatch.time('write', () =>
      writeOutputs(ports.writer, { input, view, outlined, runRecord }, options),
    );
    await finish();
    const { crs } = source;
    return {
      schema: 1,
      status: runRecord.status,
      prompts: runRecord.prompts,
      promptFrame: runRecord.promptFrame,
      reasoning: runRecord.reasoning,
      features: outlined.length,
      areaM2:
        crs === null || !isOnEarth(crs) ? null : outlined.reduce((sum, { feature }) => sum + (feature.areaM2 ?? 0), 0),
      outputs: [...files],
      window: view.windowPx,
      transform: source.transform,
      crs: runRecord.crs,
      mode: input.mode,
      pack: { id: context.pack.id, sha256: context.pack.sha256 },
      provider: runRecord.provider,
      timingsMs: options.stopwatch.report(),
      warnings: [...runRecord.warnings, ...warnings],
      ...(runRecord.scale === undefined ? {} : { scale: runRecord.scale }),
    };
  });
}

async function withScene<T>(
  ports: Pick<QueryPorts, 'rasters'>,
  path: string,
  { stopwatch, signal, onProgress }: StepOptions,
  work: (source: RasterSource) => Promise<T>,
): Promise<T> {
  onProgress({ stage: 'reading' });
  const source = await stopwatch.time('open', () => ports.rasters.open(path, signal));
  try {
    return await work(source);
  } finally {
    await source.close();
  }
}
