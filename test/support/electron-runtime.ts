/** The Electron that end-to-end tests drive: the one that is named, else the one of ../shared, else the npm package's. */
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

function candidates(): string[] {
  const npmPackage = resolve(import.meta.dirname, '../../node_modules/electron');
  const npmPath = join(npmPackage, 'path.txt');
  const folder = process.env['ELECTRON_OVERRIDE_DIST_PATH'];
  return [
    ...(process.env['T2S_ELECTRON'] === undefined ? [] : [process.env['T2S_ELECTRON']]),
    ...(folder === undefined ? [] : [join(folder, 'electron')]),
    join(process.env['ELECTRON_RUNTIME_DIR'] ?? join(homedir(), '.cache/electron-22'), 'electron'),
    ...(existsSync(npmPath) ? [join(npmPackage, 'dist', readFileSync(npmPath, 'utf8'))] : []),
  ];
}

/** Path of the executable; null when there is none. */
export const electronPath: string | null = candidates().find((path) => existsSync(path)) ?? null;

/** Why end-to-end tests cannot run here; null when they can. */
export const electronMissing: string | null =
  electronPath === null
    ? 'no Electron (set T2S_ELECTRON to its executable)'
    : process.platform === 'linux' && process.env['DISPLAY'] === undefined && !existsSync('/usr/bin/Xvfb')
      ? 'no display and no Xvfb'
      : null;

if (electronMissing !== null && process.env['T2S_REQUIRE_ELECTRON'] === '1') {
  throw new Error(`Electron is required here: ${electronMissing}`);
}
