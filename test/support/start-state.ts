import type { StartState } from '../../src-main/contract/app-routes.ts';
import { defaultSettings } from '../../src-main/app/settings.ts';

/** What the main process tells a window that starts with nothing open. */
export function someStartState(changes: Partial<StartState> = {}): StartState {
  return {
    version: '0.0.0',
    platform: 'linux',
    settings: { ...defaultSettings, tourSeen: true },
    recentFiles: [],
    openPaths: [],
    embeddedPackDirectory: '/pack',
    sampleScenePath: '/sample.tif',
    cacheDirectory: '/cache',
    recovery: null,
    notes: [],
    ...changes,
  };
}
