import { readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';

import { Think2SegError, toThink2SegError } from '../../contract/errors.ts';
import type { PackSummary } from '../../contract/pack-report.ts';
import { loadPack, type Pack } from './load-pack.ts';
import { estimateModelBytes } from './memory.ts';
import { modelPartNames, precisions, type ModelPart } from './model-files.ts';
import { readPackFile } from './pack-path.ts';
import { choosePrecision } from './precision.ts';

export interface PackPlaces {
  /** The pack that ships with the program. */
  readonly embeddedDirectory: string;
  /** Folder of imported packs; need not exist. */
  readonly userDirectory: string;
  readonly signal: AbortSignal;
  /** Told of every folder that should be a pack and cannot be opened; the others are still listed. */
  readonly onProblem: (directory: string, error: Think2SegError) => void;
}

/** Every pack that can be used: the embedded one first, then imported ones by id. */
export async function listPacks(places: PackPlaces): Promise<PackSummary[]> {
  const directories = [places.embeddedDirectory, ...(await subfolders(places.userDirectory))];
  const summaries: PackSummary[] = [];
  for (const directory of directories) {
    try {
      summaries.push(
        await inspectPack(directory, { embeddedDirectory: places.embeddedDirectory, signal: places.signal }),
      );
    } catch (error) {
      places.signal.throwIfAborted();
      // Whatever a folder does to this program, the others are none the worse for it.
      places.onProblem(directory, toThink2SegError(error));
    }
  }
  return summaries;
}

/**
 * What one pack is.
 *
 * @throws {Think2SegError} as `loadPack`.
 */
export async function inspectPack(
  directory: string,
  options: { embeddedDirectory: string; signal: AbortSignal },
): Promise<PackSummary> {
  const pack = await loadPack(directory, options.signal);
  const embedded = await realpath(options.embeddedDirectory).catch(() => null);
  return summarizePack(pack, pack.directory === embedded);
}

/** The summary of an opened pack. Memory is that of both models at work on the CPU, in the files that would be chosen there. */
export async function summarizePack(pack: Pack, embedded: boolean): Promise<PackSummary> {
  const { manifest } = pack;
  return {
    id: manifest.id,
    version: manifest.version,
    title: manifest.title,
    directory: pack.directory,
    embedded,
    licenceId: manifest.licence.id,
    licenceText: pack.licenceText,
    modelCardText:
      manifest.modelCard === undefined
        ? null
        : (await readPackFile(join(pack.directory, manifest.modelCard))).toString('utf8'),
    bytes: pack.bytes,
    sha256: pack.sha256,
    frame: manifest.frame,
    promptTemplate: manifest.prompt.template,
    precisions: {
      lvlm: precisionsOf(pack, ['lvlmVision', 'lvlmEmbedding', 'lvlmDecoder']),
      segmenter: precisionsOf(pack, ['segmenterVision', 'segmenterDecoder']),
    },
    estimatedMemoryBytes: await estimateModelBytes(pack, modelPartNames, chooseForCpu(pack)),
  };
}

function precisionsOf(pack: Pack, parts: readonly ModelPart[]): string[] {
  const present = new Set(parts.flatMap((part) => pack.models[part].map(({ precision }) => precision)));
  return precisions.filter((precision) => present.has(precision));
}

function chooseForCpu(pack: Pack): Record<ModelPart, Pack['models'][ModelPart][number]> {
  const choose = (part: ModelPart): Pack['models'][ModelPart][number] => {
    const file = choosePrecision(pack.models[part], { provider: 'cpu', supportsFp16: true });
    if (file === null) {
      throw new Think2SegError('INTERNAL', `pack ${pack.manifest.id} was opened without a file for ${part}`);
    }
    return file;
  };
  return {
    lvlmVision: choose('lvlmVision'),
    lvlmEmbedding: choose('lvlmEmbedding'),
    lvlmDecoder: choose('lvlmDecoder'),
    segmenterVision: choose('segmenterVision'),
    segmenterDecoder: choose('segmenterDecoder'),
  };
}

async function subfolders(directory: string): Promise<string[]> {
  let entries;
  try {
    entries = await readdir(directory, { withFileTypes: true });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      return [];
    }
    throw new Think2SegError(
      'PACK_NOT_FOUND',
      `${directory}, the folder of imported packs, cannot be read (${error instanceof Error ? error.message : String(error)}); check its permissions`,
      { cause: error },
    );
  }
  // Names with a dot are imports that were interrupted.
  return entries
    .filter((entry) => (entry.isDirectory() || entry.isSymbolicLink()) && !entry.name.startsWith('.'))
    .map((entry) => join(directory, entry.name))
    .sort();
}
