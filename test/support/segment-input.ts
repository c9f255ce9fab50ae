import type { SegmentInput } from '../../src-main/contract/routes.ts';
import type { QueryContext } from '../../src-main/core/query/query-ports.ts';

/** A question about the whole scene that writes nothing and leaves masks as they are, but for what a test says. */
export function segmentInput(
  rasterPath: string,
  changes: Partial<SegmentInput> & Pick<SegmentInput, 'question'>,
): SegmentInput {
  return {
    rasterPath,
    target: { kind: 'scene' },
    bands: null,
    promptSource: { kind: 'model' },
    packDirectory: '/pack',
    provider: 'cpu',
    threads: null,
    mode: 'native',
    simplifyPx: 0,
    minAreaM2: 0,
    connectivity: 4,
    outputPaths: [],
    maskPath: null,
    overlayPath: null,
    overwrite: false,
    scratchName: '.think2seg-test',
    ...changes,
  };
}

/** Of a pack with a model frame of 280 pixels. */
export function fakeContext(positivePoints: number): QueryContext {
  return {
    application: { name: 'think2seg', version: '0.0.0' },
    pack: { id: 'fake', version: '1', sha256: '0'.repeat(64) },
    frame: { width: 280, height: 280 },
    answerSchema: { positivePoints, negativePoints: 0 },
    providerNote: () => undefined,
  };
}
