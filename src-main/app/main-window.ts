import { BrowserWindow } from 'electron';
import type { Installation } from './installation.ts';
import { sendEvent } from './router.ts';

/** The one window. It has no access to Node, runs in the operating system's sandbox and knows the preload's two functions only. */
export class MainWindow {
  readonly window: BrowserWindow;
  #asks = false;
  #hangs = false;

  constructor({ preloadPath, iconPath }: Installation) {
    this.window = new BrowserWindow({
      width: 1400,
      height: 900,
      minWidth: 900,
      minHeight: 600,
      show: false,
      title: 'Think2Seg Desktop',
      icon: iconPath,
      webPreferences: {
        preload: preloadPath,
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
    this.window.once('ready-to-show', () => this.window.show());
    this.window.on('unresponsive', () => (this.#hangs = true));
    this.window.on('responsive', () => (this.#hangs = false));
    this.window.webContents.on('render-process-gone', () => {
      // The work is in the automatic copy; the page offers it when it starts again.
      this.#asks = false;
      this.window.webContents.reload();
    });
    this.window.on('close', (event) => {
      if (this.#asks && !this.#hangs) {
        event.preventDefault();
        sendEvent(this.window, { kind: 'close-requested' });
      }
    });
  }

  load(url: string): void {
    void this.window.loadURL(url);
  }

  /** The page is up and knows how to save: from now on it decides when the window closes. */
  askBeforeClosing(): void {
    this.#asks = true;
  }

  close(): void {
    this.window.destroy();
  }

  raise(): void {
    if (this.window.isMinimized()) {
      this.window.restore();
    }
    this.window.focus();
  }
}
