#!/usr/bin/env node
// Runs the command line from a source checkout: builds it when a source file is newer than the build, then hands over.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';

const sources = dirname(fileURLToPath(import.meta.url));
const root = dirname(sources);
const builtCli = join(root, 'out', 'main', 'cli.cjs');
const lock = join(root, 'out', '.build-lock');
const lockStaleMs = 120_000;

/** @param {string} folder @returns {number} newest modification time below the folder, in ms */
function newestMtimeMs(folder) {
  let newest = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    newest = Math.max(newest, entry.isDirectory() ? newestMtimeMs(path) : statSync(path).mtimeMs);
  }
  return newest;
}

function isCurrent() {
  if (!existsSync(builtCli)) {
    return false;
  }
  const sourceMs = Math.max(newestMtimeMs(sources), statSync(join(root, 'electron.config.ts')).mtimeMs);
  return statSync(builtCli).mtimeMs >= sourceMs;
}

/** Two first uses at once must not build over one another: the second waits for the first. */
async function takeLock() {
  mkdirSync(dirname(lock), { recursive: true });
  for (;;) {
    try {
      mkdirSync(lock);
      return;
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') {
        throw error;
      }
      if (existsSync(lock) && Date.now() - statSync(lock).mtimeMs > lockStaleMs) {
        rmSync(lock, { recursive: true, force: true });
      }
      await sleep(100);
    }
  }
}

function build() {
  const bin = join(
    dirname(createRequire(import.meta.url).resolve('electron-vite/package.json')),
    'bin',
    'electron-vite.js',
  );
  const result = spawnSync(process.execPath, [bin, 'build', '--config', 'electron.config.ts', '--logLevel', 'error'], {
    cwd: root,
    encoding: 'utf8',
  });
  if (result.status !== 0) {
    process.stderr.write(
      `INTERNAL: the command line could not be built; run \`npm ci\` and try again\n${result.stderr}`,
    );
    process.exit(1);
  }
}

if (!isCurrent()) {
  await takeLock();
  try {
    if (!isCurrent()) {
      build();
    }
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}
await import(pathToFileURL(builtCli).href);
