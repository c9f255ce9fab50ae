/**
 * What the window may ask of the main process beside the engine's routes: files, settings, the project on disk. Input is parsed where
 * it arrives, output is typed. No route takes a path that the user did not choose, except inside the program's own folders.
 */
import { z } from 'zod';
import type { BatchRequest } from './batch.ts';
import { providerChoiceSchema } from './provider.ts';
import type { Project } from './project.ts';

export const settingsSchema = z.object({
  theme: z.enum(['system', 'light', 'dark']),
  /** Folder of the pack that answers; null is the embedded one. */
  packDirectory: z.string().min(1).nullable(),
  provider: providerChoiceSchema,
  /** null lets the machine decide. */
  threads: z.number().int().min(1).nullable(),
  /** What the engine may take in all; null is as much as there is. */
  memoryBytes: z.number().int().positive().nullable(),
  /** Use a graphics card that another engine uses. */
  shareGpu: z.boolean(),
  mode: z.enum(['native', 'reference']),
  connectivity: z.union([z.literal(4), z.literal(8)]),
  defaultFormat: z.enum(['.gpkg', '.geojson', '.shp', '.fgb']),
  tourSeen: z.boolean(),
  /** Where the last batch writes; null before the first. */
  batchFolder: z.string().min(1).nullable(),
});

export type Settings = z.infer<typeof settingsSchema>;

export interface StartState {
  version: string;
  platform: 'linux' | 'win32' | 'darwin';
  settings: Settings;
  recentFiles: string[];
  /** From the command line or a file association. */
  openPaths: string[];
  embeddedPackDirectory: string;
  sampleScenePath: string;
  /** For `scene.display`. */
  cacheDirectory: string;
  /** Work of a session that did not end in order, newest first. */
  recovery: { projectPath: string | null; savedAt: string; project: Project } | null;
  /** What the user should know, such as settings that could not be read. */
  notes: string[];
}

const fileFilterSchema = z.object({ name: z.string(), extensions: z.array(z.string()) });

export const appRouteInputs = {
  'app.start': z.object({}),
  'settings.change': settingsSchema.partial(),
  /** Asks the engine to stop one call; the call then fails with CANCELLED. */
  'call.cancel': z.object({ callId: z.number().int() }),
  /** Only files that the user chose (dialog, drop, argument, recent list, project) are ever served to the map. */
  'raster.grant': z.object({
    path: z.string().min(1),
    /** What `path` is a copy of; a change of it ends the grant as one of `path` does. */
    scenePath: z.string().min(1).optional(),
  }),
  'raster.changed': z.object({ url: z.string().min(1) }),
  'raster.revoke': z.object({ url: z.string().min(1) }),
  /** A file that the window has opened; rasters and projects are remembered by their own routes. */
  'recent.add': z.object({ path: z.string().min(1) }),
  'dialog.openFiles': z.object({ title: z.string(), filters: z.array(fileFilterSchema), several: z.boolean() }),
  /** `forOutput`: results go there. */
  'dialog.openFolder': z.object({ title: z.string(), forOutput: z.boolean().default(false) }),
  /** `replaces`: a file that is there goes; otherwise it is added to, which needs no question. */
  'dialog.save': z.object({
    title: z.string(),
    suggestedName: z.string(),
    filters: z.array(fileFilterSchema),
    replaces: z.boolean().default(true),
  }),
  /** What becomes of work that is in no file yet; null where the user would rather stay. */
  'dialog.unsaved': z.object({ message: z.string(), detail: z.string(), save: z.string(), drop: z.string() }),
  /** Whether to stop what is under way and leave. */
  'dialog.running': z.object({ message: z.string(), detail: z.string(), stop: z.string(), stay: z.string() }),
  /** What a batch in a folder was asked for; null where there is none. Its inputs may be read from then on. */
  'batch.open': z.object({ folder: z.string().min(1) }),
  'project.read': z.object({ path: z.string().min(1) }),
  'project.write': z.object({ path: z.string().min(1), project: z.unknown() }),
  /**
   * Kept in the program's own folder until the work is saved or given up. As JSON, because it comes after every edit and a text crosses
   * quickly; what it holds is checked when it is read.
   */
  'autosave.write': z.object({ projectPath: z.string().nullable(), projectText: z.string() }),
  'autosave.discard': z.object({}),
  /** A one-page report; the extension (.html or .pdf) says the format. */
  'report.write': z.object({ path: z.string().min(1), html: z.string(), overwrite: z.boolean() }),
  'file.reveal': z.object({ path: z.string().min(1) }),
  'engine.restart': z.object({}),
  'window.close': z.object({}),
} as const;

export type AppRouteName = keyof typeof appRouteInputs;

export interface AppRouteOutputs {
  'app.start': StartState;
  'settings.change': Settings;
  'call.cancel': null;
  /** A `t2s-raster:` address that answers range requests. */
  'raster.grant': { url: string; bytes: number };
  /** Whether the file behind an address is no more the one that was granted; its bytes are then not served. */
  'raster.changed': boolean;
  'raster.revoke': null;
  'recent.add': null;
  'dialog.openFiles': string[];
  'dialog.openFolder': string | null;
  'dialog.save': string | null;
  'dialog.unsaved': 'save' | 'drop' | null;
  'dialog.running': boolean;
  'batch.open': BatchRequest | null;
  'project.read': Project;
  'project.write': null;
  'autosave.write': null;
  'autosave.discard': null;
  'report.write': string;
  'file.reveal': null;
  'engine.restart': null;
  'window.close': null;
}
