/** Options that say how a question is answered: the same for one raster, a batch and a server. */
import { providerChoiceSchema } from '../contract/provider.ts';
import { Think2SegError } from '../contract/errors.ts';
import type { ModelOptions } from '../contract/model-options.ts';
import type { SegmentInput } from '../contract/routes.ts';
import { locatePack } from './locate-pack.ts';
import { readChoice, readIntegerList, readMemory, readNonNegative } from './read-options.ts';

/** Which models, and on what. */
export const modelOptions = {
  pack: { type: 'string' },
  provider: { type: 'string', default: 'auto' },
  threads: { type: 'string' },
  memory: { type: 'string' },
  'share-gpu': { type: 'boolean', default: false },
} as const;

export const queryOptions = {
  ...modelOptions,
  bands: { type: 'string' },
  mode: { type: 'string', default: 'native' },
  simplify: { type: 'string', default: '1' },
  'min-area': { type: 'string', default: '0' },
  connectivity: { type: 'string', default: '4' },
} as const;

export const scaleOptions = {
  scale: { type: 'string' },
  gsd: { type: 'string' },
  overlap: { type: 'string' },
} as const;

interface ModelValues {
  pack?: string | undefined;
  provider: string;
  threads?: string | undefined;
  memory?: string | undefined;
  'share-gpu': boolean;
}

interface QueryValues extends ModelValues {
  bands?: string | undefined;
  mode: string;
  simplify: string;
  'min-area': string;
  connectivity: string;
}

type QueryOptions = ModelOptions & Pick<SegmentInput, 'bands' | 'mode' | 'simplifyPx' | 'minAreaM2' | 'connectivity'>;

/** A whole number of 1 or more; null when the option was not given. */
export function readCount(option: string, text: string | undefined): number | null {
  if (text === undefined) {
    return null;
  }
  const [count = 0] = readIntegerList(option, text, [1]);
  if (count < 1) {
    throw new Think2SegError('USAGE', `--${option} got ${count}, expected 1 or more`);
  }
  return count;
}

export async function readModelOptions(values: ModelValues): Promise<ModelOptions> {
  return {
    packDirectory: await locatePack(values.pack),
    provider: readChoice('provider', values.provider, providerChoiceSchema.options),
    threads: readCount('threads', values.threads),
    ...(values.memory === undefined ? {} : { memoryBytes: readMemory('memory', values.memory) }),
    ...(values['share-gpu'] ? { shareGpu: true } : {}),
  };
}

export async function readQueryOptions(values: QueryValues): Promise<QueryOptions> {
  return {
    ...(await readModelOptions(values)),
    bands: values.bands === undefined ? null : readIntegerList('bands', values.bands, [1, 3]),
    mode: readChoice('mode', values.mode, ['native', 'reference']),
    simplifyPx: readNonNegative('simplify', values.simplify),
    minAreaM2: readNonNegative('min-area', values['min-area']),
    connectivity: readChoice('connectivity', values.connectivity, ['4', '8']) === '4' ? 4 : 8,
  };
}

/** Nothing when no option of scale was given: one picture of the whole target. */
export function readScaleOptions(values: {
  scale?: string | undefined;
  gsd?: string | undefined;
  overlap?: string | undefined;
}): Pick<SegmentInput, 'scale'> {
  const { scale, gsd, overlap } = values;
  if (scale === undefined && gsd === undefined && overlap === undefined) {
    return {};
  }
  const gsdM = gsd === undefined ? null : readNonNegative('gsd', gsd);
  if (gsdM === 0) {
    throw new Think2SegError('USAGE', '--gsd got 0, expected metres on the ground to a pixel, above 0');
  }
  return {
    scale: {
      name: readChoice('scale', scale ?? 'auto', ['whole', 'tiles', 'auto']),
      gsdM,
      overlapPx: overlap === undefined ? null : Math.round(readNonNegative('overlap', overlap)),
    },
  };
}
