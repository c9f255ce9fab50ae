import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Where `python -m think2seg_models.tiny_sam --out DIR` wrote the tiny random SAM 2.1 and its reference answers. */
export const tinySamDirectory = resolve(import.meta.dirname, '../fixtures/generated/tiny-sam');

/** Why parity tests cannot run here; null when they can. */
export const tinySamMissing: string | null = existsSync(join(tinySamDirectory, 'reference.json'))
  ? null
  : `no tiny SAM at ${tinySamDirectory}; make it with: python -m think2seg_models.tiny_sam --out ${tinySamDirectory}`;

if (tinySamMissing !== null && process.env['T2S_REQUIRE_PYTHON'] === '1') {
  throw new Error(`the tiny random models are required here: ${tinySamMissing}`);
}

/** Where an array lies in reference.bin. */
export interface ArrayEntry {
  type: 'float32' | 'uint8';
  shape: number[];
  offset: number;
}

export interface TinySamCase {
  kind: string;
  box: [number, number, number, number] | null;
  positive: [number, number][];
  negative: [number, number][];
  /** Whether the stability rule kept the single-mask token. */
  fromTokenZero: boolean;
  singleIou: number;
  singleMask: ArrayEntry;
  imageMask: ArrayEntry;
  ious: number[];
  masks: ArrayEntry;
}

export interface TinySamImage {
  width: number;
  height: number;
  rgb: ArrayEntry;
  pixelValues: ArrayEntry;
  cases: TinySamCase[];
}

/** What Hugging Face transformers answers. */
export interface TinySamReference {
  imageSize: number;
  images: TinySamImage[];
  floats: (entry: ArrayEntry) => Float32Array;
  bytes: (entry: ArrayEntry) => Uint8Array;
}

export function readTinySamReference(): TinySamReference {
  const json = JSON.parse(readFileSync(join(tinySamDirectory, 'reference.json'), 'utf8')) as Pick<
    TinySamReference,
    'imageSize' | 'images'
  >;
  const binary = new Uint8Array(readFileSync(join(tinySamDirectory, 'reference.bin')));
  const count = (entry: ArrayEntry): number => entry.shape.reduce((product, side) => product * side, 1);
  return {
    ...json,
    floats: (entry) => new Float32Array(binary.buffer, entry.offset, count(entry)),
    bytes: (entry) => binary.subarray(entry.offset, entry.offset + count(entry)),
  };
}
