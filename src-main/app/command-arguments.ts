/** Whether the program was started for its window or for a command. */
import { commandNames } from '../contract/command-names.ts';

const commands = new Set<string>([...commandNames, 'help']);
/** Answered without a window where no command goes before them. */
const questions = new Set(['--help', '-h', '--version', '-V']);

/**
 * The command and what follows it; null when the program was started for its window. Switches before the command are Chromium's; the
 * first plain argument of an Electron that runs from a checkout is the program.
 */
export function commandOfArguments(argv: readonly string[], isPackaged: boolean): string[] | null {
  const own = argv.slice(1);
  const question = own.find((argument) => questions.has(argument));
  if (isPackaged && question !== undefined && own.every((argument) => argument.startsWith('-'))) {
    return [question];
  }
  const first = own.findIndex((argument) => !argument.startsWith('-')) + (isPackaged ? 0 : 1);
  const command = own[first];
  return command !== undefined && commands.has(command) ? own.slice(first) : null;
}
