/** Where the program and what belongs to it lie. */
import { app } from 'electron';
import { join } from 'node:path';

export interface Installation {
  readonly version: string;
  readonly engineEntryPath: string;
  readonly probeEntryPath: string;
  readonly preloadPath: string;
  readonly contentDirectory: string;
  readonly embeddedPackDirectory: string;
  readonly sampleScenePath: string;
  readonly iconPath: string;
  /** Vite's server during `npm run dev`; never in an installed program. */
  readonly developmentServerUrl: string | undefined;
}

export function currentInstallation(): Installation {
  const root = app.getAppPath();
  // Native code cannot look into the archive; what it reads lies beside it.
  const unpackedRoot = root.replace(/app\.asar$/, 'app.asar.unpacked');
  return {
    version: app.getVersion(),
    engineEntryPath: join(root, 'out', 'main', 'engine.cjs'),
    probeEntryPath: join(root, 'out', 'main', 'provider-probe.cjs'),
    preloadPath: join(root, 'out', 'preload', 'preload.cjs'),
    contentDirectory: join(root, 'out', 'renderer'),
    embeddedPackDirectory: join(unpackedRoot, 'models', 'nano'),
    sampleScenePath: join(unpackedRoot, 'resources', 'sample', 'harbour.tif'),
    iconPath: join(unpackedRoot, 'resources', 'icons', 'icon.png'),
    developmentServerUrl: app.isPackaged ? undefined : process.env['ELECTRON_RENDERER_URL'],
  };
}
