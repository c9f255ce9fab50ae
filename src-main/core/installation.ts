/** Where the program and what belongs to it lie. The build is at `<root>/out/main`, all entries side by side. */
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import packageJson from '../../package.json' with { type: 'json' };

export interface Installation {
  readonly version: string;
  readonly engineEntryPath: string;
  readonly laneEntryPath: string;
  readonly digestEntryPath: string;
  readonly probeEntryPath: string;
  readonly resourcesDirectory: string;
  /** The pack that ships with the program. */
  readonly embeddedPackDirectory: string;
  /** A scene of our own making; the demo asks it three questions. */
  readonly sampleScenePath: string;
}

/** @param entryUrl `import.meta.url` of a module that is bundled into an entry, not into a chunk. */
export function installationAt(entryUrl: string): Installation {
  const buildDirectory = dirname(fileURLToPath(entryUrl));
  const root = resolve(buildDirectory, '..', '..');
  // Installed, the program is an archive, and native code cannot look into it: what it reads lies beside it.
  const filesRoot = root.replace(/app\.asar$/, 'app.asar.unpacked');
  return {
    version: packageJson.version,
    engineEntryPath: join(buildDirectory, 'engine.cjs'),
    laneEntryPath: join(buildDirectory, 'model-lane.cjs'),
    digestEntryPath: join(buildDirectory, 'file-digest.cjs'),
    probeEntryPath: join(buildDirectory, 'provider-probe.cjs'),
    resourcesDirectory: join(filesRoot, 'resources'),
    embeddedPackDirectory: join(filesRoot, 'models', 'nano'),
    sampleScenePath: join(filesRoot, 'resources', 'sample', 'harbour.tif'),
  };
}
