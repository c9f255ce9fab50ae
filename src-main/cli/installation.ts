/** Where the program and what belongs to it lie. The build is at `<root>/out/main`. */
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import packageJson from '../../package.json' with { type: 'json' };

const buildDirectory = dirname(fileURLToPath(import.meta.url));
const root = resolve(buildDirectory, '..', '..');

export const applicationVersion = packageJson.version;

export const engineEntryPath = join(buildDirectory, 'engine.cjs');

/** The pack that ships with the program. */
export const embeddedPackDirectory = join(root, 'models', 'nano');

/** A scene of our own making; `npm run demo` asks it three questions. */
export const sampleScenePath = join(root, 'resources', 'sample', 'harbour.tif');
