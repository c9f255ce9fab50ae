/** Brings the desktop up: the only place that knows the order. */
import { app, protocol } from 'electron';
import { contentScheme, serveContent } from './content-scheme.ts';
import { currentInstallation } from './installation.ts';
import { createMainWindow } from './main-window.ts';

export function startDesktop(): void {
  // Must be told before Electron is ready.
  protocol.registerSchemesAsPrivileged([
    { scheme: contentScheme, privileges: { standard: true, secure: true, supportFetchAPI: true } },
  ]);
  app.on('window-all-closed', () => app.quit());
  void app.whenReady().then(() => {
    const installation = currentInstallation();
    serveContent(installation.contentDirectory);
    createMainWindow(installation);
  });
}
