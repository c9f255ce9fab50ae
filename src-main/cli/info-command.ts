import { resolve } from 'node:path';
import { readOnlyPositional, readOptions } from './read-options.ts';
import { printJson } from './terminal-text.ts';
import { callEngine } from './with-engine.ts';

/** `think2seg info RASTER [--stats]`: prints what the raster is, as JSON. */
export async function infoCommand(args: string[]): Promise<void> {
  const { values, positionals } = readOptions('info', args, {
    stats: { type: 'boolean', default: false },
    // As other commands have it; here nothing else is printed anyway.
    json: { type: 'boolean', default: false },
  });
  const path = resolve(readOnlyPositional('info', 'raster', positionals));
  const info = await callEngine('scene.info', { path, stats: values.stats });
  printJson(info, 2);
}
