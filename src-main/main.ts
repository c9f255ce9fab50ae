import { app } from 'electron';
import { commandOfArguments } from './app/command-arguments.ts';
import { runCommand } from './app/command-line.ts';
import { startDesktop } from './app/start-desktop.ts';

const command = commandOfArguments(process.argv, app.isPackaged);
if (command === null) {
  startDesktop();
} else {
  void runCommand(command);
}
