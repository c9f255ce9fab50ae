/** Where the desktop keeps what is the user's own. */
import { join } from 'node:path';

export interface UserFolder {
  readonly settingsPath: string;
  readonly recentFilesPath: string;
  readonly autosavePath: string;
  /** Copies of rasters that the map cannot draw as they are. */
  readonly cacheDirectory: string;
}

export function userFolderAt(directory: string): UserFolder {
  return {
    settingsPath: join(directory, 'settings.json'),
    recentFilesPath: join(directory, 'recent-files.json'),
    autosavePath: join(directory, 'autosave.json'),
    cacheDirectory: join(directory, 'drawing-copies'),
  };
}
