/** How this command line starts engines: by forking Node, unless the program that it is part of has its own way. */
import type { StartEngine } from '../contract/engine-process.ts';
import { engineForker } from './fork-engine.ts';
import { installation } from './installation.ts';

let starter: StartEngine = engineForker(installation.engineEntryPath);

export const startEngine: StartEngine = (events) => starter(events);

export function startEnginesWith(other: StartEngine): void {
  starter = other;
}
