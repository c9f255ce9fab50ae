/// <reference types="vite/types/importMeta.d.ts" />
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { basename, resolve } from 'node:path';

import type { BenchModule, BenchRow } from './harness.ts';

const benches = import.meta.glob<BenchModule>(['./*.ts', '!./run.ts', '!./harness.ts']);

/**
 * Runs every bench whose file name contains one of the words (all without words), prints one table and writes
 * `out/bench/results.json`. Slow figures do not fail; a bench that cannot run does.
 */
async function run(words: readonly string[]): Promise<void> {
  const root = resolve(import.meta.dirname, '../..');
  const files = Object.keys(benches)
    .filter((file) => words.length === 0 || words.some((word) => basename(file).includes(word)))
    .sort();
  if (files.length === 0) {
    throw new Error(`no bench matches ${words.join(', ')}`);
  }
  const machine = {
    cores: cpus().length,
    cpu: cpus()[0]?.model ?? 'unknown',
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform} ${process.arch}`,
    node: process.version,
  };
  console.log(
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.platform}, Node ${machine.node}\n`,
  );

  const rows: BenchRow[] = [];
  const failures: { file: string; message: string }[] = [];
  for (const file of files) {
    console.log(`running ${file}`);
    try {
      const module = await benches[file]?.();
      rows.push(...((await module?.bench()) ?? []));
    } catch (thrown) {
      failures.push({ file, message: thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown) });
    }
  }

  console.log(`\n${formatTable(rows)}\n`);
  for (const failure of failures) {
    console.error(`${failure.file} could not run: ${failure.message}\n`);
  }
  const folder = resolve(root, 'out/bench');
  await mkdir(folder, { recursive: true });
  await writeFile(
    resolve(folder, 'results.json'),
    `${JSON.stringify({ at: new Date().toISOString(), machine, versions: await versions(root), rows, failures }, null, 2)}\n`,
  );
  console.log('written: out/bench/results.json');
  process.exitCode = failures.length === 0 ? 0 : 1;
}

/** Pinned versions of what we run on, from package.json. */
async function versions(root: string): Promise<Record<string, string>> {
  const manifest = JSON.parse(await readFile(resolve(root, 'package.json'), 'utf8')) as {
    version: string;
    dependencies: Record<string, string>;
  };
  return { 'think2seg-desktop': manifest.version, ...manifest.dependencies };
}

/** Aligned columns; notes and absent peers follow as numbered footnotes. */
function formatTable(rows: readonly BenchRow[]): string {
  const footnotes: string[] = [];
  const mark = (text: string): string => {
    if (!footnotes.includes(text)) {
      footnotes.push(text);
    }
    return `[${footnotes.indexOf(text) + 1}]`;
  };
  const lines = [
    ['area', 'case', 'ours ms', 'peer ms', 'ratio', 'target', '', 'peer'],
    ...rows.map((row) => [
      row.area,
      row.note === undefined ? row.case : `${row.case} ${mark(row.note)}`,
      milliseconds(row.oursMs),
      row.peerMs === null ? '-' : milliseconds(row.peerMs),
      row.ratio === null ? '-' : row.ratio.toFixed(2),
      row.target === undefined ? '' : `<= ${row.target}`,
      row.target === undefined || row.ratio === null ? '' : row.ratio <= row.target ? 'met' : 'MISSED',
      row.peer.startsWith('absent: ') ? `absent ${mark(row.peer.slice('absent: '.length))}` : row.peer,
    ]),
  ];
  const widths = lines[0]?.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0))) ?? [];
  const isNumber = (column: number) => column >= 2 && column <= 5;
  const table = lines.map((line) =>
    line
      .map((cell, column) => (isNumber(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
  return [...table, ...footnotes.map((text, index) => `[${index + 1}] ${text}`)].join('\n');
}

function milliseconds(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

await run(process.argv.slice(2));
