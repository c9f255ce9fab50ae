/** Which files of a pack a provider runs. */
import { join } from 'node:path';
import type { ProviderReport } from '../contract/provider.ts';
import type { ModelFile, Pack } from '../core/pack/load-pack.ts';
import type { ModelPart } from '../core/pack/model-files.ts';
import { choosePrecision } from '../core/pack/precision.ts';
import type { LvlmFiles, SegmenterFiles } from '../core/ports.ts';

export type PickedFiles<Part extends ModelPart> = Record<Part, ModelFile>;

export const lvlmParts = ['lvlmVision', 'lvlmEmbedding', 'lvlmDecoder'] as const;
export const segmenterParts = ['segmenterVision', 'segmenterDecoder'] as const;

/** The best file of every part that a provider can run; null when it cannot run one of them. */
export function pickFiles<Part extends ModelPart>(
  pack: Pack,
  parts: readonly Part[],
  provider: ProviderReport,
): PickedFiles<Part> | null {
  const picked: Partial<PickedFiles<Part>> = {};
  for (const part of parts) {
    const file = choosePrecision(pack.models[part], provider);
    if (file === null) {
      return null;
    }
    picked[part] = file;
  }
  return picked as PickedFiles<Part>;
}

export function lvlmFiles({ directory }: Pack, files: PickedFiles<(typeof lvlmParts)[number]>): LvlmFiles {
  return {
    directory: join(directory, 'lvlm'),
    visionEncoder: files.lvlmVision.path,
    embedTokens: files.lvlmEmbedding.path,
    decoder: files.lvlmDecoder.path,
  };
}

export function segmenterFiles(
  { directory }: Pack,
  files: PickedFiles<(typeof segmenterParts)[number]>,
): SegmenterFiles {
  return {
    directory: join(directory, 'segmenter'),
    visionEncoder: files.segmenterVision.path,
    maskDecoder: files.segmenterDecoder.path,
  };
}
