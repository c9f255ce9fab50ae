/** Starts the built desktop as a user does, on a display and with a user folder of its own, and drives it with Playwright. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { _electron, type ElectronApplication, type Page } from 'playwright-core';
import type {
  CallReply,
  DesktopInput,
  DesktopOutput,
  DesktopRouteName,
} from '../../src-main/contract/desktop-bridge.ts';
import { electronPath } from './electron-runtime.ts';
import { openVirtualDisplay, type DisplaySize } from './virtual-display.ts';

const root = resolve(import.meta.dirname, '../..');

export interface DesktopOptions {
  /** What stands behind the program's name on the command line. */
  readonly args?: readonly string[];
  /** Settings, recent files and autosave; default: a new folder that goes away with the program. */
  readonly userDataDirectory?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly display?: DisplaySize;
}

export interface DesktopApp {
  readonly electron: ElectronApplication;
  readonly window: Page;
  readonly userDataDirectory: string;
  /** Uncaught errors and console errors of the window so far. */
  readonly problems: readonly string[];
  /** Calls a route the way the window does. */
  call<Name extends DesktopRouteName>(
    route: Name,
    input: DesktopInput<Name>,
    callId?: number,
  ): Promise<CallReply<DesktopOutput<Name>>>;
  /** Ends the program at once, as a crash or the user's task manager does, and leaves its user folder. */
  kill(): Promise<void>;
  close(): Promise<void>;
}

/** Call ids that the window itself does not use. */
let nextCallId = 1_000_000;

export async function launchDesktop(options: DesktopOptions = {}): Promise<DesktopApp> {
  if (electronPath === null) {
    throw new Error('no Electron here; skip the test with electronMissing');
  }
  const display = await openVirtualDisplay(options.display ?? { width: 1600, height: 1000 });
  const userDataDirectory = options.userDataDirectory ?? mkdtempSync(join(tmpdir(), 'think2seg-user-'));
  const clean = (): void => {
    display.close();
    if (options.userDataDirectory === undefined) {
      rmSync(userDataDirectory, { recursive: true, force: true });
    }
  };
  const environment = { ...(process.env as Record<string, string>), ...options.environment, DISPLAY: display.name };
  try {
    const electron = await _electron.launch({
      executablePath: electronPath,
      // Chromium's outer sandbox does not start as root; that of the renderer stays on.
      args: [
        ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
        `--user-data-dir=${userDataDirectory}`,
        root,
        ...(options.args ?? []),
      ],
      env: environment,
      timeout: 60_000,
    });
    const window = await electron.firstWindow();
    const problems: string[] = [];
    window.on('pageerror', (error) => problems.push(String(error)));
    window.on('console', (message) => {
      if (message.type() === 'error') {
        problems.push(message.text());
      }
    });
    await window.waitForLoadState();
    return {
      electron,
      window,
      userDataDirectory,
      problems,
      call: <Name extends DesktopRouteName>(route: Name, input: DesktopInput<Name>, callId = nextCallId++) =>
        // Playwright's types of what crosses to the page cannot follow a generic route; the bridge's own can.
        window.evaluate(
          ({ message }) => {
            const bridge = (globalThis as unknown as Window).think2seg as {
              call: (...values: unknown[]) => Promise<unknown>;
            };
            return bridge.call(...message);
          },
          { message: [route, input, callId] as unknown[] },
        ) as Promise<CallReply<DesktopOutput<Name>>>,
      kill: async () => {
        const child = electron.process();
        const gone = new Promise((done) => child.once('exit', done));
        child.kill('SIGKILL');
        await gone;
        display.close();
      },
      close: async () => {
        await electron.close();
        clean();
      },
    };
  } catch (error) {
    clean();
    throw error;
  }
}
