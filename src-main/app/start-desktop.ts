/** Brings the desktop up: the only place that knows the order. */
import { app, nativeTheme, protocol } from 'electron';
import { z } from 'zod';
import type { StartState } from '../contract/app-routes.ts';
import { userPacksDirectory } from '../contract/user-directories.ts';
import { createAppHandlers } from './app-handlers.ts';
import { Autosave } from './autosave.ts';
import { ChosenPaths } from './chosen-paths.ts';
import { contentOrigin, contentScheme, serveContent } from './content-scheme.ts';
import { EngineClient } from './engine-client.ts';
import { engineStarter } from './engine-process.ts';
import { currentInstallation } from './installation.ts';
import { MainWindow } from './main-window.ts';
import { installMenu } from './menu.ts';
import { filesOfArguments, OpenedFiles } from './opened-files.ts';
import { rasterScheme, RasterGrants, serveRasters } from './raster-scheme.ts';
import { RecentFiles } from './recent-files.ts';
import { reportScheme } from './report-writer.ts';
import { sendEvent, serveRoutes } from './router.ts';
import { disableNetwork, restrictDefaultSession } from './security.ts';
import { SettingsStore } from './settings.ts';
import { removeUnfinishedFiles } from './unfinished-files.ts';
import { userFolderAt } from './user-folder.ts';

/** How long a cancelled call may go on before its engine is replaced. */
const cancelGraceMs = 1_500;

const secondStartSchema = z.object({ paths: z.array(z.string()) });

export function startDesktop(): void {
  const argumentPaths = filesOfArguments(process.argv, process.cwd(), app.isPackaged);
  // A second program on the same settings and autosave would undo what the first one wrote.
  if (!app.requestSingleInstanceLock({ paths: argumentPaths })) {
    app.quit();
    return;
  }
  // All of this must be told before Electron is ready.
  const local = { standard: true, secure: true, supportFetchAPI: true };
  protocol.registerSchemesAsPrivileged([
    { scheme: contentScheme, privileges: local },
    { scheme: rasterScheme, privileges: { ...local, corsEnabled: true, stream: true } },
    { scheme: reportScheme, privileges: { standard: true, secure: true } },
  ]);
  const { developmentServerUrl } = currentInstallation();
  disableNetwork(developmentServerUrl);
  app.on('window-all-closed', () => app.quit());

  const opened = new OpenedFiles(argumentPaths);
  let openPaths = (paths: string[]): void => opened.add(paths);
  app.on('second-instance', (_event, _argv, _directory, data) => {
    openPaths(secondStartSchema.parse(data).paths);
  });
  app.on('open-file', (event, path) => {
    event.preventDefault();
    openPaths([path]);
  });
  void app.whenReady().then(async () => {
    openPaths = await openWindow(opened);
  });
}

/** @returns what to do with files that are opened from outside from now on */
async function openWindow(opened: OpenedFiles): Promise<(paths: string[]) => void> {
  const installation = currentInstallation();
  const folder = userFolderAt(app.getPath('userData'));
  const pageOrigin = installation.developmentServerUrl ?? contentOrigin;
  const { store: settings, note: settingsNote } = await SettingsStore.open(folder.settingsPath);
  const { recent, note: recentNote } = await RecentFiles.open(folder.recentFilesPath);
  const autosave = new Autosave(folder.autosavePath);
  const grants = new RasterGrants();
  const chosen = new ChosenPaths([
    installation.embeddedPackDirectory,
    installation.sampleScenePath,
    userPacksDirectory(),
    folder.cacheDirectory,
    ...(settings.current.packDirectory === null ? [] : [settings.current.packDirectory]),
  ]);
  if (settings.current.batchFolder !== null) {
    chosen.allowWriting(settings.current.batchFolder);
  }
  nativeTheme.themeSource = settings.current.theme;
  serveContent(installation.contentDirectory);
  serveRasters(grants, new URL(pageOrigin).origin === 'null' ? contentOrigin : new URL(pageOrigin).origin);
  restrictDefaultSession([`${contentScheme}:`, `${rasterScheme}:`, ...developmentPrefixes(installation)]);

  const main = new MainWindow(installation);
  const engine = new EngineClient({
    start: engineStarter(installation.engineEntryPath, installation.probeEntryPath),
    onState: (state) => sendEvent(main.window, { kind: 'engine', ...state }),
    onLost: removeUnfinishedFiles,
    graceMs: cancelGraceMs,
  });
  const open = (paths: string[]): void => {
    chosen.allowReading(...paths);
    opened.add(paths);
    main.raise();
  };
  main.window.webContents.on('render-process-gone', () => opened.pageGone());
  const startState = async (): Promise<StartState> => {
    main.askBeforeClosing();
    const { recovery, note: autosaveNote } = await autosave.read();
    return {
      version: installation.version,
      platform: process.platform as StartState['platform'],
      settings: settings.current,
      recentFiles: recent.existing(),
      openPaths: opened.pageStarted((paths) => sendEvent(main.window, { kind: 'files-opened', paths })),
      embeddedPackDirectory: installation.embeddedPackDirectory,
      sampleScenePath: installation.sampleScenePath,
      cacheDirectory: folder.cacheDirectory,
      recovery,
      notes: [settingsNote, recentNote, autosaveNote].filter((note) => note !== undefined),
    };
  };
  serveRoutes({
    window: main.window,
    pageUrlPrefix: `${pageOrigin}/`,
    engine,
    chosen,
    onDrop: open,
    handlers: createAppHandlers({
      window: main.window,
      engine,
      chosen,
      grants,
      settings,
      recent,
      autosave,
      cacheDirectory: folder.cacheDirectory,
      startState,
      closeWindow: () => main.close(),
    }),
  });
  const showMenu = (recentFiles: readonly string[]): void =>
    installMenu({
      onCommand: (command) => sendEvent(main.window, { kind: 'menu', command }),
      onClose: () => main.window.close(),
      recentFiles,
      onOpen: (path) => open([path]),
      isDevelopment: !app.isPackaged,
    });
  recent.onChange = showMenu;
  recent.onProblem = (error) => sendEvent(main.window, { kind: 'problem', error: error.toEnvelope() });
  showMenu(recent.existing());
  app.once('will-quit', (event) => {
    // The engine may be in the middle of a file: what it leaves is removed before the program ends.
    event.preventDefault();
    void engine.close().finally(() => app.quit());
  });
  engine.start();
  main.load(`${pageOrigin}/index.html`);
  return open;
}

function developmentPrefixes({ developmentServerUrl }: { developmentServerUrl: string | undefined }): string[] {
  return developmentServerUrl === undefined
    ? []
    : [`${developmentServerUrl}/`, `${developmentServerUrl.replace(/^http/, 'ws')}/`];
}
