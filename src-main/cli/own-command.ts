import { resolve } from 'node:path';

/**
 * What starts this program again, without the command it was given: Node and the file of the command line, or the installed program and
 * the switches that it needs on this machine.
 *
 * @param argv `process.argv`, whose first entry is the program
 */
export function ownCommand(argv: readonly string[], commandName: string): string[] {
  const end = argv.indexOf(commandName, 1);
  return argv
    .slice(0, end < 0 ? argv.length : end)
    .map((argument) => (argument.startsWith('-') ? argument : resolve(argument)));
}
