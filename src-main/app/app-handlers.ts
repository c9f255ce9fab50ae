/** What each route of the main process does. */
import { basename } from 'node:path';
import { dialog, nativeTheme, shell, type BrowserWindow } from 'electron';
import type { StartState } from '../contract/app-routes.ts';
import type { Project } from '../contract/project.ts';
import { readBatchRequest } from './batch-request.ts';
import type { Autosave } from './autosave.ts';
import type { ChosenPaths } from './chosen-paths.ts';
import type { EngineClient } from './engine-client.ts';
import { ProjectFiles } from './project-file.ts';
import type { RasterGrants } from './raster-scheme.ts';
import type { RecentFiles } from './recent-files.ts';
import { writeReport } from './report-writer.ts';
import type { AppHandlers } from './router.ts';
import type { SettingsStore } from './settings.ts';

const replace = 'Replace';

export interface AppParts {
  readonly window: BrowserWindow;
  readonly engine: EngineClient;
  readonly chosen: ChosenPaths;
  readonly grants: RasterGrants;
  readonly settings: SettingsStore;
  readonly recent: RecentFiles;
  readonly autosave: Autosave;
  readonly cacheDirectory: string;
  readonly startState: () => Promise<StartState>;
  readonly closeWindow: () => void;
}

export function createAppHandlers(parts: AppParts): AppHandlers {
  const { window, engine, chosen, grants, settings, recent, autosave } = parts;

  const allowRastersOf = (project: Project): Project => {
    chosen.allowReading(...project.rasters.map(({ path }) => path));
    return project;
  };

  /** The last of `buttons` leaves all as it is, and so does Esc; Enter takes `safest`, which loses no work. */
  const ask = async (
    words: { message: string; detail: string },
    buttons: string[],
    safest: string,
  ): Promise<string | undefined> => {
    const { response } = await dialog.showMessageBox(window, {
      ...words,
      type: 'question',
      buttons,
      defaultId: buttons.indexOf(safest),
      cancelId: buttons.length - 1,
      noLink: true,
    });
    return buttons[response];
  };

  const projects = new ProjectFiles(async (path) => {
    const words = {
      message: `${basename(path)} was changed by somebody else since it was opened here`,
      detail: 'Saving replaces what they wrote. Cancel to keep it, and save your work under another name.',
    };
    return (await ask(words, [replace, 'Cancel'], 'Cancel')) === replace;
  });

  return {
    'app.start': async () => {
      const state = await parts.startState();
      chosen.allowReading(...state.recentFiles, ...state.openPaths);
      if (state.recovery !== null) {
        allowRastersOf(state.recovery.project);
        if (state.recovery.projectPath !== null) {
          chosen.allowWriting(state.recovery.projectPath);
          await projects.goOnWith(state.recovery.projectPath, state.recovery.savedAt);
        }
      }
      return state;
    },

    'settings.change': async (changes) => {
      if (changes.packDirectory !== undefined && changes.packDirectory !== null) {
        chosen.assertReadable(changes.packDirectory);
      }
      if (changes.batchFolder !== undefined && changes.batchFolder !== null) {
        chosen.assertWritable(changes.batchFolder);
      }
      const changed = await settings.change(changes);
      nativeTheme.themeSource = changed.theme;
      return changed;
    },

    'call.cancel': ({ callId }) => {
      engine.cancel(callId);
      return null;
    },

    'raster.grant': async ({ path, scenePath }) => {
      const absolute = chosen.assertReadable(path);
      const granted = await grants.grant(
        absolute,
        scenePath === undefined ? absolute : chosen.assertReadable(scenePath),
      );
      if (!absolute.startsWith(parts.cacheDirectory)) {
        await recent.add(absolute);
      }
      return granted;
    },

    'raster.changed': ({ url }) => grants.hasChanged(url),

    'raster.revoke': ({ url }) => {
      grants.revoke(url);
      return null;
    },

    'recent.add': async ({ path }) => {
      await recent.add(chosen.assertReadable(path));
      return null;
    },

    'dialog.openFiles': async ({ title, filters, several }) => {
      const { filePaths } = await dialog.showOpenDialog(window, {
        title,
        filters,
        properties: ['openFile', ...(several ? (['multiSelections'] as const) : [])],
      });
      chosen.allowReading(...filePaths);
      return filePaths;
    },

    'dialog.openFolder': async ({ title, forOutput }) => {
      const { filePaths } = await dialog.showOpenDialog(window, {
        title,
        properties: ['openDirectory', ...(forOutput ? (['createDirectory'] as const) : [])],
      });
      chosen.allowReading(...filePaths);
      if (forOutput) {
        filePaths.forEach((path) => chosen.allowWriting(path));
      }
      return filePaths[0] ?? null;
    },

    'dialog.save': async ({ title, suggestedName, filters, replaces }) => {
      const { filePath } = await dialog.showSaveDialog(window, {
        title,
        filters,
        defaultPath: suggestedName,
        properties: ['createDirectory', ...(replaces ? (['showOverwriteConfirmation'] as const) : [])],
      });
      if (filePath === '') {
        return null;
      }
      chosen.allowWriting(filePath);
      return filePath;
    },

    'dialog.unsaved': async ({ message, detail, save, drop }) => {
      const answer = await ask({ message, detail }, [save, drop, 'Cancel'], save);
      return answer === save ? 'save' : answer === drop ? 'drop' : null;
    },

    'dialog.running': async ({ message, detail, stop, stay }) =>
      (await ask({ message, detail }, [stop, stay], stay)) === stop,

    'batch.open': async ({ folder }) => {
      const request = await readBatchRequest(chosen.assertWritable(folder));
      if (request !== null) {
        const { inputs, listPath, tablePath, options } = request;
        chosen.allowReading(...inputs, options.packDirectory, ...[listPath, tablePath].filter((path) => path !== null));
      }
      return request;
    },

    'project.read': async ({ path }) => {
      const absolute = chosen.assertReadable(path);
      const project = allowRastersOf(await projects.read(absolute));
      chosen.allowWriting(absolute);
      await recent.add(absolute);
      return project;
    },

    'project.write': async ({ path, project }) => {
      const absolute = chosen.assertWritable(path);
      await projects.write(absolute, project);
      await recent.add(absolute);
      return null;
    },

    'autosave.write': async ({ projectPath, projectText }) => {
      await autosave.write(projectPath, projectText);
      return null;
    },

    'autosave.discard': async () => {
      await autosave.discard();
      return null;
    },

    'report.write': async ({ path, html, overwrite }) => {
      const absolute = chosen.assertWritable(path);
      await writeReport(absolute, html, overwrite);
      return absolute;
    },

    'file.reveal': ({ path }) => {
      shell.showItemInFolder(chosen.assertReadable(path));
      return null;
    },

    'engine.restart': () => {
      engine.restart();
      return null;
    },

    'window.close': () => {
      parts.closeWindow();
      return null;
    },
  };
}
