import { BrowserWindow } from 'electron';
import { contentOrigin } from './content-scheme.ts';
import type { Installation } from './installation.ts';

/** The one window. It has no access to Node, runs in the operating system's sandbox and knows the preload's two functions only. */
export function createMainWindow(installation: Installation): BrowserWindow {
  const window = new BrowserWindow({
    width: 1400,
    height: 900,
    minWidth: 900,
    minHeight: 600,
    show: false,
    title: 'Think2Seg Desktop',
    webPreferences: {
      preload: installation.preloadPath,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      webviewTag: false,
      webSecurity: true,
      spellcheck: false,
      navigateOnDragDrop: false,
    },
  });
  window.once('ready-to-show', () => window.show());
  void window.loadURL(installation.developmentServerUrl ?? `${contentOrigin}/index.html`);
  return window;
}
