/** Provenance of one query, from what its steps left behind. */
import type { ProviderUse } from '../../contract/provider.ts';
import type { SegmentInput } from '../../contract/routes.ts';
import type { RunRecord } from '../../contract/run-record.ts';
import type { Crs } from '../../contract/geo.ts';
import { boundsOf } from '../raster/scene-description.ts';
import type { PlacedPrompts } from './place-prompts.ts';
import type { QueryContext } from './query-ports.ts';
import type { SceneView } from './scene-view.ts';
import { windowTransform } from './target-window.ts';

export interface RunFacts {
  readonly input: Pick<SegmentInput, 'rasterPath' | 'question' | 'mode' | 'simplifyPx' | 'minAreaM2'>;
  readonly context: Pick<QueryContext, 'application' | 'pack'>;
  readonly view: SceneView;
  readonly placed: PlacedPrompts;
  /** Of the whole scene file. */
  readonly digest: { readonly bytes: number; readonly sha256: string };
  readonly provider: ProviderUse;
  readonly timingsMs: Record<string, number>;
  readonly warnings: string[];
}

function crsFacts(crs: Crs | null): RunRecord['crs'] {
  return crs === null ? null : { ...(crs.epsg === undefined ? {} : { epsg: crs.epsg }), name: crs.name, wkt: crs.wkt };
}

export function makeRunRecord({ input, context, view, placed, digest, ...facts }: RunFacts): RunRecord {
  const { source, windowPx, bands } = view;
  const { transform } = source;
  return {
    schema: 1,
    application: context.application,
    createdAt: new Date().toISOString(),
    question: input.question === '' ? null : input.question,
    status: placed.prompts.length === 0 ? 'no-target' : 'ok',
    promptSource: placed.source,
    reasoning: placed.reasoning,
    rawAnswer: placed.rawAnswer,
    prompts: [...placed.prompts],
    promptFrame: {
      name: placed.source === 'prompts-file' ? 'window-px' : 'model-frame-px',
      width: placed.frame.width,
      height: placed.frame.height,
    },
    scene: {
      path: input.rasterPath,
      ...digest,
      width: source.info.width,
      height: source.info.height,
      bands: [...bands],
    },
    windowPx,
    windowBoundsMap:
      transform === null ? null : boundsOf(windowTransform(transform, windowPx), windowPx.width, windowPx.height),
    transform,
    crs: crsFacts(source.crs),
    mode: input.mode,
    simplifyPx: input.simplifyPx,
    minAreaM2: input.minAreaM2,
    pack: context.pack,
    ...facts,
  };
}
