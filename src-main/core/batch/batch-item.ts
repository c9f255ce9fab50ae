/** One question about one raster: the unit of work of a batch. */
import { createHash } from 'node:crypto';
import { basename, extname } from 'node:path';
import type { ModelOptions } from '../../contract/model-options.ts';
import type { SegmentInput } from '../../contract/routes.ts';

export interface BatchItem {
  /** Absolute. */
  readonly rasterPath: string;
  readonly question: string;
  readonly target: SegmentInput['target'];
}

/** Options that change what is written; equal for all items of a batch. */
export type BatchOptions = Pick<
  SegmentInput,
  'bands' | 'mode' | 'simplifyPx' | 'minAreaM2' | 'connectivity' | 'scale' | keyof ModelOptions
> & {
  /** Extensions with their dot. */
  readonly formats: readonly string[];
};

/** Sums of everything that the pixels and the georeference of a raster come from. */
export interface RasterDigest {
  readonly path: string;
  readonly bytes: number;
  readonly mtimeMs: number;
  readonly sha256: string;
  /** Files beside the raster that change how it is read. */
  readonly sidecars: readonly { readonly suffix: string; readonly sha256: string }[];
}

function digestOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}

/** The options that change the result; how the models run only changes the last bits of numbers and the time. */
function resultOptions({ bands, mode, simplifyPx, minAreaM2, connectivity, scale, formats }: BatchOptions): unknown[] {
  return [bands, mode, simplifyPx, minAreaM2, connectivity, scale ?? null, [...formats].sort()];
}

/** Known before the raster is read. */
export function itemKey(item: BatchItem, options: BatchOptions): string {
  return digestOf([item.rasterPath, item.question, item.target, options.packDirectory, resultOptions(options)]);
}

/**
 * The content address of the work: equal for equal bytes, question, pack and options, on whatever machine and in whatever folder.
 * The name of the file counts, because outputs are named after it.
 */
export function itemId(item: BatchItem, options: BatchOptions, raster: RasterDigest, packSha256: string): string {
  return digestOf([
    basename(item.rasterPath),
    raster.sha256,
    raster.sidecars,
    item.question,
    item.target,
    packSha256,
    resultOptions(options),
  ]);
}

const nameLength = 40;

/** Letters and digits of any script, everything else one hyphen. */
export function slug(text: string, length = nameLength): string {
  const plain = text.normalize('NFC').replace(/[^\p{Letter}\p{Number}]+/gu, '-');
  return Array.from(plain).slice(0, length).join('').replace(/^-|-$/g, '').toLowerCase();
}

/** Name of the outputs of an item, without extension. */
export function outputName(item: BatchItem, id: string): string {
  const stem = basename(item.rasterPath, extname(item.rasterPath));
  return [slug(stem), slug(item.question), id.slice(0, 10)].filter((part) => part !== '').join('_');
}

export const scratchPrefix = '.think2seg-batch-';

/** Unfinished files of an item lie in a folder of this name; whoever owns the item may remove what a killed run left. */
export function scratchNamePrefix(key: string): string {
  return `${scratchPrefix}${key.slice(0, 24)}-`;
}
