import type { z } from 'zod';
import { settingsSchema, type Settings } from '../contract/app-routes.ts';
import { readOwnFile, writeWholeFile } from './json-file.ts';

export const defaultSettings: Settings = {
  theme: 'system',
  packDirectory: null,
  provider: 'auto',
  threads: null,
  memoryBytes: null,
  shareGpu: false,
  mode: 'native',
  connectivity: 4,
  defaultFormat: '.gpkg',
  tourSeen: false,
  batchFolder: null,
};

const changeSchema = settingsSchema.partial();

type SettingsChange = z.output<typeof changeSchema>;

export class SettingsStore {
  readonly #path: string;
  #settings: Settings;

  private constructor(path: string, settings: Settings) {
    this.#path = path;
    this.#settings = settings;
  }

  /** A settings file that cannot be read is put aside, and `note` says so. Keys that an older version did not know get their default. */
  static async open(path: string): Promise<{ store: SettingsStore; note: string | undefined }> {
    const { value, note } = await readOwnFile(path, changeSchema, 'the settings file');
    return { store: new SettingsStore(path, merged(defaultSettings, value ?? {})), note };
  }

  get current(): Settings {
    return this.#settings;
  }

  async change(changes: SettingsChange): Promise<Settings> {
    this.#settings = merged(this.#settings, changes);
    await writeWholeFile(this.#path, `${JSON.stringify(this.#settings, null, 2)}\n`);
    return this.#settings;
  }
}

/** A key that is there but undefined changes nothing. */
function merged(settings: Settings, changes: SettingsChange): Settings {
  const given = Object.entries(changes).filter(([, value]) => value !== undefined);
  return { ...settings, ...(Object.fromEntries(given) as Partial<Settings>) };
}
