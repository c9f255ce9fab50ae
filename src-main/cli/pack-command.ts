import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Think2SegError } from '../contract/errors.ts';
import type { PackSummary } from '../contract/pack-report.ts';
import type { RouteInput } from '../contract/routes.ts';
import { userPacksDirectory } from '../contract/user-directories.ts';
import { removeAbandonedImports } from '../core/pack/import-scratch.ts';
import { formatBytes, formatTable } from './format-table.ts';
import { installation } from './installation.ts';
import { locatePack } from './locate-pack.ts';
import { ProgressPrinter } from './progress-printer.ts';
import { readIntegerList, readOnlyPositional, readOptions, refusePositionals } from './read-options.ts';
import { inOneLine, printJson, printText } from './terminal-text.ts';
import { callEngine } from './with-engine.ts';

async function listPacks(args: string[]): Promise<void> {
  const { values, positionals } = readOptions('pack', args, { json: { type: 'boolean', default: false } });
  refusePositionals('pack list', positionals);
  const printer = new ProgressPrinter(process.stderr);
  const packs = await callEngine(
    'pack.list',
    { embeddedDirectory: installation.embeddedPackDirectory },
    { onProgress: (event) => printer.show(event) },
  );
  if (values.json) {
    printJson(packs, 2);
    return;
  }
  const rows = packs.map((pack) => [
    pack.id,
    pack.version,
    formatBytes(pack.bytes),
    pack.licenceId,
    pack.embedded ? '(embedded)' : pack.directory,
  ]);
  printText(`${formatTable(['id', 'version', 'size', 'licence', 'where'], rows)}\n`);
}

function describePack(pack: PackSummary): string {
  return [
    inOneLine(`${pack.title} (${pack.id} ${pack.version})`),
    `folder     ${inOneLine(pack.directory)}`,
    `size       ${formatBytes(pack.bytes)}; needs about ${formatBytes(pack.estimatedMemoryBytes)} of memory`,
    `sha256     ${pack.sha256}`,
    `frame      ${pack.frame.width} x ${pack.frame.height}`,
    `precisions language model ${pack.precisions.lvlm.join(', ')}; segmenter ${pack.precisions.segmenter.join(', ')}`,
    `licence    ${inOneLine(pack.licenceId)}`,
    '',
    pack.licenceText.trim(),
    '',
  ].join('\n');
}

async function inspectPack(args: string[]): Promise<void> {
  const { values, positionals } = readOptions('pack', args, { json: { type: 'boolean', default: false } });
  const directory = await locatePack(readOnlyPositional('pack inspect', 'folder or id', positionals));
  const pack = await callEngine('pack.inspect', { directory });
  if (values.json) {
    printJson(pack, 2);
  } else {
    printText(describePack(pack));
  }
}

async function verifyPack(args: string[]): Promise<void> {
  const { values, positionals } = readOptions('pack', args, { json: { type: 'boolean', default: false } });
  const directory = await locatePack(readOnlyPositional('pack verify', 'folder or id', positionals));
  const printer = new ProgressPrinter(process.stderr);
  let verification;
  try {
    verification = await callEngine('pack.verify', { directory }, { onProgress: (event) => printer.show(event) });
  } finally {
    printer.end();
  }
  if (values.json) {
    printJson(verification, 2);
  } else {
    const rows = verification.files.map((file) => [file.path, formatBytes(file.bytes), file.state]);
    printText(`${formatTable(['file', 'size', 'state'], rows)}\n`);
  }
  if (!verification.ok) {
    const bad = verification.files.filter((file) => file.state !== 'ok').map((file) => `${file.path} (${file.state})`);
    throw new Think2SegError(
      'PACK_DAMAGED',
      `${verification.id}: ${bad.join(', ')}; expected every file as pack.json lists it; import the pack again`,
    );
  }
}

async function readForeign(values: {
  id?: string | undefined;
  title?: string | undefined;
  template?: string | undefined;
  licence?: string | undefined;
  'licence-file'?: string | undefined;
  frame?: string | undefined;
}): Promise<RouteInput<'pack.import'>['foreign']> {
  const { id, template, licence, frame, 'licence-file': licenceFile } = values;
  if ([id, template, licence, frame, licenceFile].every((value) => value === undefined)) {
    return null;
  }
  if (id === undefined || template === undefined || licence === undefined || licenceFile === undefined) {
    throw new Think2SegError(
      'USAGE',
      'a folder without pack.json needs all of --id, --template FILE, --licence NAME and --licence-file FILE',
    );
  }
  const [width = 840, height = width] = readIntegerList('frame', frame ?? '840', [1, 2]);
  let promptTemplate: string;
  try {
    promptTemplate = await readFile(resolve(template), 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Think2SegError('INPUT_NOT_FOUND', `--template ${template} could not be read (${reason})`);
  }
  return {
    id,
    title: values.title ?? id,
    promptTemplate: promptTemplate.replace(/\r?\n$/, ''),
    licenceId: licence,
    licencePath: resolve(licenceFile),
    frame: { width, height },
  };
}

async function importPack(args: string[]): Promise<void> {
  const { values, positionals } = readOptions('pack', args, {
    id: { type: 'string' },
    title: { type: 'string' },
    template: { type: 'string' },
    licence: { type: 'string' },
    'licence-file': { type: 'string' },
    frame: { type: 'string' },
    overwrite: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  });
  const sourceDirectory = resolve(readOnlyPositional('pack import', 'folder', positionals));
  const printer = new ProgressPrinter(process.stderr);
  let pack;
  try {
    pack = await callEngine(
      'pack.import',
      { sourceDirectory, foreign: await readForeign(values), overwrite: values.overwrite },
      {
        onProgress: (event) => printer.show(event),
        removeUnfinished: () => removeAbandonedImports(userPacksDirectory()),
      },
    );
  } finally {
    printer.end();
  }
  if (values.json) {
    printJson(pack, 2);
  } else {
    printText(`${describePack(pack)}Imported. Use it with --pack ${pack.id}\n`);
  }
}

const actions: Record<string, (args: string[]) => Promise<void>> = {
  list: listPacks,
  inspect: inspectPack,
  verify: verifyPack,
  import: importPack,
};

/** `think2seg pack list|inspect|verify|import`: model packs. */
export async function packCommand(args: string[]): Promise<void> {
  const [action, ...rest] = args;
  const run = action !== undefined && Object.hasOwn(actions, action) ? actions[action] : undefined;
  if (run === undefined) {
    const got = action === undefined ? 'no action' : JSON.stringify(action);
    throw new Think2SegError('USAGE', `think2seg pack got ${got}, expected list, inspect, verify or import`);
  }
  await run(rest);
}
