/** Starts the built desktop as a user does, on a display and with a user folder of its own, and drives it with Playwright. */
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { _electron, type ElectronApplication, type Page } from 'playwright-core';
import type {
  DesktopEvent,
  CallReply,
  DesktopInput,
  DesktopOutput,
  DesktopRouteName,
} from '../../src-main/contract/desktop-bridge.ts';
import type { StartState } from '../../src-main/contract/app-routes.ts';
import { electronPath } from './electron-runtime.ts';
import { allEnded, processTree } from './process-tree.ts';
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
  /** `app.start`, as the page calls it when it comes up. */
  start(): Promise<StartState>;
  /** Everything that the window was told since it was opened here. */
  events(): Promise<DesktopEvent[]>;
  /** What the next dialogs answer: files, folder or name that a user would have chosen; null is Cancel. */
  answerDialogs(answers: {
    open?: readonly string[];
    save?: string | null;
    unsaved?: 'save' | 'drop' | 'cancel';
  }): Promise<void>;
  /** Process that owns the models. */
  enginePid(): Promise<number>;
  /**
   * Ends the program at once, as a crash or the user's task manager does, unless it has ended; leaves its user folder. Resolves when its
   * engine is gone too, which finishes the step it is in and holds what it has locked until then.
   */
  kill(): Promise<void>;
  /** Resolves when the copy of the work on the disk holds `text`: from then on a kill loses nothing of it. */
  keeps(text: string): Promise<void>;
  /** Ends the program, unless it has ended, and takes its user folder away unless it was given. */
  close(): Promise<void>;
}

type EventRecorder = Window & { recordedEvents: DesktopEvent[] };

const longestKeepMs = 30_000;

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
      rmSync(userDataDirectory, { recursive: true, force: true, maxRetries: 5 });
    }
  };
  const environment = { ...(process.env as Record<string, string>), ...options.environment, DISPLAY: display.name };
  let running: ElectronApplication | null = null;
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
      // The program's own choice of theme, not Playwright's.
      colorScheme: null,
      timeout: 60_000,
    });
    running = electron;
    // Asked for while it runs: once it has ended Playwright does not know it any more.
    const child = electron.process();
    const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
    const processes = (): number[] => (child.pid === undefined || !existsSync('/proc') ? [] : processTree(child.pid));
    const window = await electron.firstWindow();
    const problems: string[] = [];
    window.on('pageerror', (error) => problems.push(String(error)));
    window.on('console', (message) => {
      if (message.type() === 'error') {
        problems.push(message.text());
      }
    });
    await window.waitForLoadState();
    await window.evaluate(() => {
      const page = globalThis as unknown as EventRecorder;
      page.recordedEvents = [];
      page.think2seg.listen((event) => page.recordedEvents.push(event));
    });
    const call = <Name extends DesktopRouteName>(
      route: Name,
      input: DesktopInput<Name>,
      callId = nextCallId++,
    ): Promise<CallReply<DesktopOutput<Name>>> =>
      // Playwright's types of what crosses to the page cannot follow a generic route; the bridge's own can.
      window.evaluate(
        ({ message }) => {
          const bridge = (globalThis as unknown as Window).think2seg as {
            call: (...values: unknown[]) => Promise<unknown>;
          };
          return bridge.call(...message);
        },
        { message: [route, input, callId] as unknown[] },
      ) as Promise<CallReply<DesktopOutput<Name>>>;
    return {
      electron,
      window,
      userDataDirectory,
      problems,
      call,
      start: async () => {
        const reply = await call('app.start', {});
        if (!reply.ok) {
          throw new Error(`${reply.error.code}: ${reply.error.message}`);
        }
        return reply.output;
      },
      events: () => window.evaluate(() => (globalThis as unknown as EventRecorder).recordedEvents),
      answerDialogs: ({ open, save, unsaved }) =>
        electron.evaluate(
          ({ dialog }, answers) => {
            const filePaths = answers.open;
            Object.assign(dialog, {
              showOpenDialog: () => Promise.resolve({ canceled: filePaths.length === 0, filePaths }),
              showSaveDialog: () => Promise.resolve({ canceled: answers.save === '', filePath: answers.save }),
              showMessageBox: () =>
                Promise.resolve({
                  response: ['save', 'drop', 'cancel'].indexOf(answers.unsaved),
                  checkboxChecked: false,
                }),
            });
          },
          { open: [...(open ?? [])], save: save ?? '', unsaved: unsaved ?? 'cancel' },
        ),
      enginePid: async () => {
        const processes = await electron.evaluate(({ app }) =>
          app.getAppMetrics().map(({ pid, name, serviceName }) => ({ pid, names: [name, serviceName] })),
        );
        const engine = processes.find(({ names }) =>
          names.some((name) => name?.startsWith('Think2Seg engine') === true),
        );
        if (engine === undefined) {
          throw new Error(`no engine among ${JSON.stringify(processes)}`);
        }
        return engine.pid;
      },
      kill: async () => {
        if (!hasEnded()) {
          const all = processes();
          const gone = once(child, 'exit');
          child.kill('SIGKILL');
          await gone;
          await allEnded(all);
        }
        display.close();
      },
      keeps: async (text) => {
        const path = join(userDataDirectory, 'autosave.json');
        const lastMs = performance.now() + longestKeepMs;
        while (!existsSync(path) || !readFileSync(path, 'utf8').includes(text)) {
          if (performance.now() > lastMs) {
            throw new Error(`${path} does not hold ${text} after ${longestKeepMs / 1000} s`);
          }
          await delay(50);
        }
      },
      close: async () => {
        if (!hasEnded()) {
          const all = processes();
          const gone = once(child, 'exit');
          await electron.evaluate(({ BrowserWindow }) => {
            // Later: a program that ends at once would take the answer to this call along.
            setTimeout(() => {
              // Not asked, so that a page that waits for its user does not keep the program open.
              BrowserWindow.getAllWindows().forEach((open) => open.destroy());
            });
          });
          await gone;
          await allEnded(all);
        }
        clean();
      },
    };
  } catch (error) {
    running?.process().kill('SIGKILL');
    clean();
    throw error;
  }
}
