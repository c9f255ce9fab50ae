/** Packages the program into a folder outside the checkout, and drives what comes out. */
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { chromium, type Page } from 'playwright-core';
import { electronPath } from './electron-runtime.ts';
import { allEnded, processTree } from './process-tree.ts';
import { openVirtualDisplay } from './virtual-display.ts';

const root = resolve(import.meta.dirname, '../..');

export interface PackagedProgram {
  readonly folder: string;
  readonly executable: string;
  remove(): void;
}

/** `npm run package -- --linux dir`, with the Electron that the other tests use. Takes half a minute. */
export async function packageProgram(): Promise<PackagedProgram> {
  const target = mkdtempSync(join(tmpdir(), 'think2seg-package-'));
  const remove = (): void => rmSync(target, { recursive: true });
  await promisify(execFile)(
    'npm',
    ['run', 'package', '--', '--linux', 'dir', `--config.directories.output=${target}`],
    { cwd: root, env: { ...process.env, ELECTRON_OVERRIDE_DIST_PATH: dirname(electronPath ?? '') } },
  ).catch((error: unknown) => {
    remove();
    throw error;
  });
  const folder = join(target, 'linux-unpacked');
  return {
    folder,
    executable: join(folder, 'think2seg-desktop'),
    remove,
  };
}

/**
 * Further targets of a packed folder, in `outputDirectory`. Each needs tools that electron-builder downloads; the environment says where
 * they lie here.
 */
export async function packageTargets(
  { folder }: PackagedProgram,
  targets: readonly string[],
  outputDirectory: string,
  environment: Readonly<Record<string, string>>,
): Promise<void> {
  const config = 'resources/builder/electron-builder.config.cjs';
  await promisify(execFile)(
    join(root, 'node_modules/.bin/electron-builder'),
    [
      `--config=${config}`,
      `--prepackaged=${folder}`,
      '--linux',
      ...targets,
      `--config.directories.output=${outputDirectory}`,
    ],
    { cwd: root, env: { ...process.env, ELECTRON_OVERRIDE_DIST_PATH: dirname(electronPath ?? ''), ...environment } },
  );
}

export interface RunningProgram {
  readonly window: Page;
  readonly pid: number;
  /** When its process was started, by `performance.now()`. */
  readonly startedMs: number;
  close(): Promise<void>;
}

/** Through Chromium's debugging port: the program refuses Node's, which Playwright uses for Electron elsewhere. */
export async function startPackaged(executable: string, args: readonly string[] = []): Promise<RunningProgram> {
  const display = await openVirtualDisplay({ width: 1600, height: 1000 });
  const userDirectory = mkdtempSync(join(tmpdir(), 'think2seg-user-'));
  const startedMs = performance.now();
  const program = spawn(
    executable,
    [
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      '--remote-debugging-port=0',
      `--user-data-dir=${userDirectory}`,
      ...args,
    ],
    { env: { ...process.env, DISPLAY: display.name }, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const gone = new Promise<void>((done) => program.once('exit', () => done()));
  const end = async (): Promise<void> => {
    const all = processTree(program.pid ?? 0);
    program.kill('SIGKILL');
    await gone;
    await allEnded(all);
    display.close();
    rmSync(userDirectory, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const browser = await chromium.connectOverCDP(await debuggingAddress(program.stderr), { noDefaults: true });
    const context = browser.contexts()[0];
    const window = context?.pages()[0] ?? (await context?.waitForEvent('page'));
    if (window === undefined) {
      throw new Error('the packaged program opened no window');
    }
    await window.waitForLoadState();
    return { window, pid: program.pid ?? 0, startedMs, close: end };
  } catch (error) {
    await end();
    throw error;
  }
}

function debuggingAddress(stderr: NodeJS.ReadableStream): Promise<string> {
  return new Promise((found, failed) => {
    let text = '';
    stderr.on('data', (chunk: Buffer) => {
      text += chunk.toString('utf8');
      const address = /DevTools listening on (ws:\S+)/u.exec(text)?.[1];
      if (address !== undefined) {
        found(address);
      }
    });
    stderr.once('end', () => failed(new Error(`the packaged program ended: ${text}`)));
  });
}
