/** The one catch of the command line: whatever fails becomes one line on stderr and an exit status. */
import { commandNames, type CommandName } from '../contract/command-names.ts';
import type { StartEngine } from '../contract/engine-process.ts';
import { Think2SegError, toThink2SegError } from '../contract/errors.ts';
import { batchCommand } from './batch-command.ts';
import { demoCommand } from './demo-command.ts';
import { evaluateCommand } from './evaluate-command.ts';
import { doctorCommand } from './doctor-command.ts';
import { helpOf, overview } from './help.ts';
import { infoCommand } from './info-command.ts';
import { packCommand } from './pack-command.ts';
import { segmentCommand } from './segment-command.ts';
import { serveCommand } from './serve-command.ts';
import { startEnginesWith } from './start-engine.ts';
import { suggestCommand } from './suggest-command.ts';
import { inLines, inOneLine } from './terminal-text.ts';
import { installation } from './installation.ts';

const commands: Record<CommandName, (args: string[]) => Promise<void>> = {
  segment: segmentCommand,
  batch: batchCommand,
  serve: serveCommand,
  info: infoCommand,
  evaluate: evaluateCommand,
  pack: packCommand,
  doctor: doctorCommand,
  demo: demoCommand,
};

/** Output that nobody reads any more (`think2seg info x | head -1`) is not an error worth a stack trace. */
function endQuietlyWhenPipeCloses(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') {
      process.exit(0);
    }
    throw error;
  });
}

function isCommand(name: string): name is CommandName {
  return commandNames.some((known) => known === name);
}

async function dispatch(args: string[]): Promise<void> {
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    const topic = rest[0];
    process.stdout.write(topic === undefined ? overview : helpOf(topic));
    return;
  }
  if (name === '--version' || name === '-V') {
    process.stdout.write(`${installation.version}\n`);
    return;
  }
  if (!isCommand(name)) {
    throw suggestCommand(name, [...commandNames]);
  }
  if (rest.includes('--help') || rest.includes('-h')) {
    process.stdout.write(helpOf(name));
    return;
  }
  await commands[name](rest);
}

/** @param start how engines are started where this is part of another program than Node. */
export async function runCommandLine(args: string[], start?: StartEngine): Promise<void> {
  if (start !== undefined) {
    startEnginesWith(start);
  }
  endQuietlyWhenPipeCloses();
  process.once('beforeExit', failUnfinished);
  try {
    await dispatch(args);
  } catch (thrown) {
    fail(thrown);
  } finally {
    process.off('beforeExit', failUnfinished);
  }
}

function fail(thrown: unknown): void {
  const error = toThink2SegError(thrown);
  process.stderr.write(`${inOneLine(`${error.code}: ${error.message}`)}\n`);
  if (error.detail !== undefined && process.env['THINK2SEG_DEBUG'] === '1') {
    process.stderr.write(`${inLines(error.detail)}\n`);
  }
  process.exitCode = error.exitStatus;
}

/** Node ends with status 0 when nothing is left that could wake it, also where a command still waits for something. */
function failUnfinished(): void {
  fail(
    new Think2SegError(
      'INTERNAL',
      'the command waits for something that will never come; this is a defect of the program, please report it',
    ),
  );
}
