/** The command line inside the installed program: `think2seg-desktop segment ...` opens no window. */
import { app } from 'electron';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type * as CommandLine from '../cli.ts';
import { engineStarter } from './engine-process.ts';
import { currentInstallation } from './installation.ts';
import { disableNetwork } from './security.ts';

export async function runCommand(args: string[]): Promise<void> {
  disableNetwork(undefined);
  await app.whenReady();
  app.dock?.hide();
  const { engineEntryPath, probeEntryPath } = currentInstallation();
  // A file of its own, so that the window's main process never loads what computes.
  const path = join(app.getAppPath(), 'out', 'main', 'cli.cjs');
  const { runCommandLine } = createRequire(path)(path) as typeof CommandLine;
  await runCommandLine(args, engineStarter(engineEntryPath, probeEntryPath));
  // Where pipes are asynchronous, what is not written yet would be lost.
  await Promise.all([process.stdout, process.stderr].map((stream) => new Promise((done) => stream.write('', done))));
  app.exit(Number(process.exitCode ?? 0));
}
