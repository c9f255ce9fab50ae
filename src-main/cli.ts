import { runCommandLine } from './cli/run.ts';

export { runCommandLine };

// The desktop program loads this file too, and calls it with its own arguments.
if (!('electron' in process.versions)) {
  void runCommandLine(process.argv.slice(2));
}
