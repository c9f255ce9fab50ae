import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';

import { Think2SegError } from '../../contract/errors.ts';
import type { PackManifest } from '../../contract/pack-manifest.ts';
import { expectedNames, identifyModelFile, modelPartNames, type ModelPart } from './model-files.ts';
import { readOnnxFacts } from './onnx-facts.ts';
import { checkPackPath, findPackFile } from './pack-path.ts';

/** What the user must say of a folder that says nothing of itself. */
export interface ForeignDescription {
  readonly id: string;
  readonly title: string;
  /** The exact template the weights were trained with; contains `{question}`. */
  readonly promptTemplate: string;
  readonly licenceId: string;
  /** File with the licence text; copied into the pack. */
  readonly licencePath: string;
  readonly frame: { readonly width: number; readonly height: number };
}

/** One file to copy into a pack. */
export interface SourceFile {
  /** Path in the pack. */
  readonly path: string;
  readonly realPath: string;
  readonly bytes: number;
}

/** Settings of transformers.js folders that are worth keeping; nothing else is copied. */
const settings =
  /^(config|generation_config|tokenizer|tokenizer_config|special_tokens_map|preprocessor_config|processor_config|chat_template)\.json$|^chat_template\.jinja$/u;
export const papers = /^(LICEN[CS]E|NOTICE|README)([.\w-]*)$/iu;

/** The two models of a foreign folder. */
export interface ForeignModels {
  /** What the two sub-folders are called there. */
  readonly folders: Readonly<Record<ModelRole, string>>;
  /** The files to copy, under the name they get in the pack. */
  readonly files: readonly SourceFile[];
}

export type ModelRole = 'lvlm' | 'segmenter';

/** The files of `findForeignModels` and the licence; INPUT_NOT_FOUND without one. */
export async function findForeignFiles(sourceDirectory: string, licencePath: string): Promise<SourceFile[]> {
  return [await licenceFile(licencePath), ...(await findForeignModels(sourceDirectory)).files];
}

/**
 * Finds the two models of a folder in the transformers.js layout: two sub-folders with settings and `onnx/`, whatever they are called;
 * the one with a language decoder becomes `lvlm`, the one with a mask decoder `segmenter`.
 *
 * @throws {Think2SegError} PACK_FOREIGN when it is no such folder, PACK_INCOMPLETE when weights are missing, PACK_INVALID for links
 *   and external data that lead out of it.
 */
export async function findForeignModels(sourceDirectory: string): Promise<ForeignModels> {
  const root = await realpath(sourceDirectory);
  const entries = (await readdir(root, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  const files: SourceFile[] = [];
  const folders: Record<ModelRole, string> = { lvlm: '', segmenter: '' };
  const parts = new Set<ModelPart>();
  for (const { name } of entries) {
    const role = await roleOf(join(root, name));
    if (role === null) {
      continue;
    }
    folders[role] = name;
    const source = join(root, name);
    for (const path of await wantedFiles(source)) {
      const packPath = `${role}/${path}`;
      if (files.some((file) => file.path === packPath)) {
        throw new Think2SegError(
          'PACK_FOREIGN',
          `${sourceDirectory} holds more than one folder that could be the ${role}; expected one; import a folder with only those two models`,
        );
      }
      const found = await findPackFile(root, `${name}/${path}`);
      if (found === null) {
        throw new Think2SegError(
          'PACK_INCOMPLETE',
          `${join(source, path)} is missing, a model keeps its weights there; get the complete folder`,
        );
      }
      files.push({ path: packPath, ...found });
      const identified = identifyModelFile(packPath);
      if (identified !== null) {
        parts.add(identified.part);
      }
    }
  }
  const missing = modelPartNames.filter((part) => !parts.has(part));
  if (missing.length > 0) {
    throw new Think2SegError(
      'PACK_FOREIGN',
      `${sourceDirectory} has no ${missing.map(expectedNames).join(', no ')}; expected two sub-folders in the transformers.js layout, ` +
        'one with a language model and one with a segmenter',
    );
  }
  return { folders, files };
}

async function licenceFile(licencePath: string): Promise<SourceFile> {
  const found = await stat(licencePath).catch(() => null);
  if (found?.isFile() !== true) {
    throw new Think2SegError(
      'INPUT_NOT_FOUND',
      `licence file ${licencePath} is missing; expected the text of the weights' licence; give it with --licence-file`,
    );
  }
  return { path: 'LICENSE', realPath: await realpath(licencePath), bytes: found.size };
}

async function roleOf(folder: string): Promise<ModelRole | null> {
  for (const name of await readNames(join(folder, 'onnx'))) {
    for (const role of ['lvlm', 'segmenter'] as const) {
      const part = identifyModelFile(`${role}/onnx/${name}`)?.part;
      if (part === 'lvlmDecoder' || part === 'segmenterDecoder') {
        return role;
      }
    }
  }
  return null;
}

/** Settings, papers, models, and the external data that the models name; paths below `folder`. */
async function wantedFiles(folder: string): Promise<string[]> {
  const paths = (await readNames(folder)).filter((name) => settings.test(name) || papers.test(name));
  for (const name of await readNames(join(folder, 'onnx'))) {
    if (!name.endsWith('.onnx')) {
      continue;
    }
    const path = `onnx/${name}`;
    paths.push(path);
    // The model may be a link; where it leads is checked before anything of it is read.
    const found = await findPackFile(await realpath(folder), path);
    for (const location of found === null ? [] : readOnnxFacts(found.realPath).externalFiles) {
      checkPackPath(location, `the model ${basename(folder)}/${path}`);
      paths.push(`onnx/${location}`);
    }
  }
  return [...new Set(paths)];
}

async function readNames(folder: string): Promise<string[]> {
  const found = await stat(folder).catch(() => null);
  return found?.isDirectory() === true ? (await readdir(folder)).sort() : [];
}

/** `pack.json` of a foreign folder, as far as it can be known; the sums are those of the copied files. */
export function foreignManifest(
  description: ForeignDescription,
  files: readonly { path: string; bytes: number; sha256: string }[],
): unknown {
  return {
    schema: 1,
    id: description.id,
    version: '1',
    title: description.title,
    licence: { id: description.licenceId, file: 'LICENSE' },
    frame: description.frame,
    coordinates: 'model-frame-px',
    prompt: { template: description.promptTemplate },
    promptSchema: { box: true, positivePoints: 2, negativePoints: 0 },
    generation: { maxNewTokens: 2048 },
    files: [...files].sort((a, b) => (a.path < b.path ? -1 : 1)),
  };
}

/** Refuses a description that cannot become a manifest, before gigabytes are copied; returns that manifest, which lists no models yet. */
export async function checkForeignDescription(
  description: ForeignDescription,
  parse: (text: string) => PackManifest,
): Promise<PackManifest> {
  const licence = { path: 'LICENSE', bytes: 0, sha256: '0'.repeat(64) };
  const manifest = parse(JSON.stringify(foreignManifest(description, [licence])));
  await readFile(description.licencePath).catch((error: unknown) => {
    throw new Think2SegError(
      'INPUT_NOT_FOUND',
      `licence file ${description.licencePath} cannot be read (${error instanceof Error ? error.message : String(error)}); give it with --licence-file`,
    );
  });
  return manifest;
}
