import { join } from 'node:path';

import { Think2SegError } from '../../contract/errors.ts';
import type { PackManifest } from '../../contract/pack-manifest.ts';
import { KnownDigests } from '../files/known-digests.ts';
import type { LvlmRecipe } from '../ports.ts';
import { readManifest } from './manifest.ts';
import {
  expectedNames,
  externalDataPath,
  identifyModelFile,
  modelPartNames,
  requiredSettings,
  type ModelPart,
} from './model-files.ts';
import { readOnnxFacts } from './onnx-facts.ts';
import { checkPackPath, findPackFile, readPackFile } from './pack-path.ts';
import type { PrecisionChoice } from './precision.ts';

/** One model file of a pack. */
export interface ModelFile extends PrecisionChoice {
  /** Absolute. */
  readonly path: string;
}

export interface Pack {
  readonly manifest: PackManifest;
  /** Real path of the pack's folder. */
  readonly directory: string;
  /** Identity: changes when any byte of the pack changes. */
  readonly sha256: string;
  readonly bytes: number;
  readonly licenceText: string;
  readonly recipe: LvlmRecipe;
  /** For each part of the two models every number format the pack has it in; at least one. */
  readonly models: Readonly<Record<ModelPart, readonly ModelFile[]>>;
}

/** Sums of packs up to this size are checked at the first load and whenever a file has changed; larger ones by `verifyPack`. */
const sumsAtLoadBytes = 64 * 2 ** 20;
const digests = new KnownDigests();

/**
 * Opens a pack: manifest, presence and size of every file (sums too, for a small pack), structure of every model. Loads no weights.
 *
 * @throws {Think2SegError} PACK_NOT_FOUND, PACK_FOREIGN, PACK_INVALID (names what it must not), PACK_INCOMPLETE (files missing),
 *   PACK_DAMAGED (wrong size or sum); every file at fault is named. INPUT_NOT_READABLE where the system does not give a file.
 */
export async function loadPack(directory: string, signal: AbortSignal = new AbortController().signal): Promise<Pack> {
  const { root, manifest, sha256 } = await readManifest(directory);
  const bytes = manifest.files.reduce((total, file) => total + file.bytes, 0);
  await checkFiles(root, manifest, bytes <= sumsAtLoadBytes, signal);
  return {
    manifest,
    directory: root,
    sha256,
    bytes,
    licenceText: (await readPackFile(join(root, manifest.licence.file))).toString('utf8'),
    recipe: recipeOf(manifest),
    models: collectModels(root, manifest),
  };
}

export function recipeOf({ frame, prompt, generation }: PackManifest): LvlmRecipe {
  return {
    frame,
    promptTemplate: prompt.template,
    ...(prompt.system === undefined ? {} : { systemMessage: prompt.system }),
    maxNewTokens: generation.maxNewTokens,
  };
}

async function checkFiles(root: string, manifest: PackManifest, sums: boolean, signal: AbortSignal): Promise<void> {
  const missing: string[] = [];
  const damaged: string[] = [];
  for (const file of manifest.files) {
    signal.throwIfAborted();
    const found = await findPackFile(root, file.path);
    if (found === null) {
      missing.push(file.path);
    } else if (found.bytes !== file.bytes) {
      damaged.push(`${file.path} (got ${found.bytes} bytes, expected ${file.bytes})`);
    } else if (sums && (await digests.of(found.realPath, signal)).sha256 !== file.sha256) {
      damaged.push(`${file.path} (wrong SHA-256)`);
    }
  }
  if (missing.length > 0) {
    throw packError('PACK_INCOMPLETE', manifest.id, 'is missing', [...missing, ...damaged]);
  }
  if (damaged.length > 0) {
    throw packError('PACK_DAMAGED', manifest.id, 'has changed files:', damaged);
  }
}

function packError(
  code: 'PACK_INCOMPLETE' | 'PACK_DAMAGED',
  id: string,
  problem: string,
  files: readonly string[],
): Think2SegError {
  const shown = files.slice(0, 8).join(', ');
  const more = files.length > 8 ? ` and ${files.length - 8} more` : '';
  return new Think2SegError(
    code,
    `pack ${id} ${problem} ${shown}${more}; expected every file as pack.json lists it; get the complete pack and import it`,
    { detail: files.join('\n') },
  );
}

function collectModels(root: string, manifest: PackManifest): Record<ModelPart, ModelFile[]> {
  const bytesByPath = new Map(manifest.files.map((file) => [file.path, file.bytes]));
  const found: Record<ModelPart, { file: ModelFile; nameRank: number }[]> = {
    lvlmVision: [],
    lvlmEmbedding: [],
    lvlmDecoder: [],
    segmenterVision: [],
    segmenterDecoder: [],
  };
  for (const { path, bytes } of manifest.files) {
    if (!path.toLowerCase().endsWith('.onnx')) {
      continue;
    }
    const facts = readOnnxFacts(join(root, path));
    const external = checkExternalData(path, facts.externalFiles, bytesByPath);
    const identified = identifyModelFile(path);
    if (identified !== null) {
      const { part, precision, nameRank } = identified;
      const { operators, computesInFloat16 } = facts;
      const file = { path: join(root, path), precision, bytes: bytes + external, operators, computesInFloat16 };
      found[part].push({ file, nameRank });
    }
  }
  const missing = [
    ...modelPartNames.filter((part) => found[part].length === 0).map(expectedNames),
    ...requiredSettings.filter((path) => !bytesByPath.has(path)),
  ];
  if (missing.length > 0) {
    throw packError('PACK_INCOMPLETE', manifest.id, 'does not list', missing);
  }
  const models = {} as Record<ModelPart, ModelFile[]>;
  for (const part of modelPartNames) {
    // `decoder_model_merged` and the older `decoder_model` are two names of one part: only the better name counts.
    const best = Math.min(...found[part].map(({ nameRank }) => nameRank));
    models[part] = found[part].filter(({ nameRank }) => nameRank === best).map(({ file }) => file);
  }
  return models;
}

/**
 * Bytes of the model's external data.
 *
 * @throws {Think2SegError} PACK_INVALID when it lies outside the pack, PACK_INCOMPLETE when the pack does not list it.
 */
export function checkExternalData(
  modelPath: string,
  locations: ReadonlySet<string>,
  bytesByPath: ReadonlyMap<string, number>,
): number {
  let bytes = 0;
  for (const location of locations) {
    checkPackPath(location, `the model ${modelPath}`);
    const path = externalDataPath(modelPath, location);
    const size = bytesByPath.get(path);
    if (size === undefined) {
      throw new Think2SegError(
        'PACK_INCOMPLETE',
        `the model ${modelPath} keeps weights in ${path}, which the pack does not list; expected all of a model's files; get the complete pack`,
      );
    }
    bytes += size;
  }
  return bytes;
}
