/** The built window in a plain Chromium, with a bridge whose calls a test answers in its own process: no Electron, no engine. */
import { createReadStream, existsSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, extname, join, resolve } from 'node:path';
import { chromium, type Browser, type Page, type ViewportSize } from 'playwright-core';
import { parseByteRange } from '../../src-main/app/byte-range.ts';
import { contentSecurityPolicy } from '../../src-main/app/content-policy.ts';
import type {
  CallReply,
  DesktopInput,
  DesktopOutput,
  DesktopRouteName,
} from '../../src-main/contract/desktop-bridge.ts';
import type { ProgressEvent } from '../../src-main/contract/progress.ts';
import { toThink2SegError } from '../../src-main/contract/errors.ts';
import { sceneDisplay } from '../../src-main/core/raster/scene-display.ts';
import { someStartState } from './start-state.ts';

const builtWindow = resolve(import.meta.dirname, '../../out/renderer');
const candidates = [process.env['T2S_CHROMIUM'], '/usr/bin/chromium', '/usr/bin/google-chrome'];

/** Path of the executable; null when there is none. */
export const chromiumPath = candidates.find((path) => path !== undefined && existsSync(path)) ?? null;

/** Why browser tests cannot run here; null when they can. */
export const browserMissing: string | null =
  chromiumPath === null
    ? '(skipped: no Chromium, set T2S_CHROMIUM to its executable)'
    : existsSync(join(builtWindow, 'index.html'))
      ? null
      : '(skipped: no built window, run npm run build)';

export type Answers = {
  [Name in DesktopRouteName]?: (input: DesktopInput<Name>) => DesktopOutput<Name> | Promise<DesktopOutput<Name>>;
};

export interface BrowserWindow {
  readonly page: Page;
  /** Uncaught errors and console errors so far. */
  readonly problems: readonly string[];
  /** Tells the last call of a route how far it is. */
  readonly progress: (route: DesktopRouteName, event: ProgressEvent) => Promise<void>;
  readonly close: () => Promise<void>;
}

export interface BrowserOptions {
  readonly openPaths?: readonly string[];
  readonly answers?: Answers;
  readonly viewport?: ViewportSize;
  readonly deviceScaleFactor?: number;
  readonly colorScheme?: 'light' | 'dark';
}

/** Scenes are opened by the real reader and served with range requests; everything else is what `answers` say. */
export async function openBrowserWindow(options: BrowserOptions = {}): Promise<BrowserWindow> {
  const server = await serve();
  const { port } = server.address() as AddressInfo;
  const origin = `http://127.0.0.1:${port}`;
  const answers: Answers = { ...usualAnswers(origin, options.openPaths ?? []), ...options.answers };
  let browser: Browser | undefined;
  try {
    browser = await chromium.launch({ executablePath: chromiumPath ?? '', args: ['--no-sandbox'] });
    const page = await browser.newPage({
      viewport: options.viewport ?? { width: 1400, height: 900 },
      deviceScaleFactor: options.deviceScaleFactor ?? 1,
      colorScheme: options.colorScheme ?? 'light',
    });
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error') {
        problems.push(message.text());
      }
    });
    await page.exposeFunction('answerCall', (route: DesktopRouteName, input: unknown) => answer(answers, route, input));
    await page.addInitScript(() => {
      const page = globalThis as unknown as { answerCall: (...values: unknown[]) => Promise<unknown> };
      const callIds: Record<string, number> = {};
      const listeners: ((event: unknown) => void)[] = [];
      Object.assign(globalThis, {
        think2seg: {
          call: (route: string, input: unknown, callId: number) => {
            callIds[route] = callId;
            return page.answerCall(route, input);
          },
          listen: (listener: (event: unknown) => void) => {
            listeners.push(listener);
            return () => undefined;
          },
        },
        tellProgress: (route: string, event: unknown) => {
          listeners.forEach((listener) => listener({ kind: 'progress', callId: callIds[route], event }));
        },
      });
    });
    await page.goto(`${origin}/index.html`);
    return {
      page,
      problems,
      progress: (route, event) =>
        page.evaluate(
          (told) => {
            (globalThis as unknown as { tellProgress: (...values: unknown[]) => void }).tellProgress(...told);
          },
          [route, event] as unknown[],
        ),
      close: async () => {
        await browser?.close();
        server.close();
      },
    };
  } catch (error) {
    await browser?.close();
    server.close();
    throw error;
  }
}

async function answer(answers: Answers, route: DesktopRouteName, input: unknown): Promise<CallReply<unknown>> {
  const respond = answers[route] as ((given: unknown) => unknown) | undefined;
  try {
    if (respond === undefined) {
      throw new Error(`the window called ${route}, which this test does not answer`);
    }
    return { ok: true, output: await respond(input) };
  } catch (thrown) {
    return { ok: false, error: toThink2SegError(thrown).toEnvelope() };
  }
}

function usualAnswers(origin: string, openPaths: readonly string[]): Answers {
  const start = someStartState({
    openPaths: [...openPaths],
    cacheDirectory: join(tmpdir(), 'think2seg-browser-cache'),
  });
  const quiet = { signal: new AbortController().signal, onProgress: () => undefined };
  return {
    'app.start': () => start,
    'settings.change': (change) => Object.assign(start.settings, change),
    'scene.display': ({ path, cacheDirectory }) => sceneDisplay(path, cacheDirectory, quiet),
    'raster.grant': ({ path }) => ({
      url: `${origin}/raster/${basename(path)}?path=${encodeURIComponent(path)}`,
      bytes: statSync(path).size,
    }),
    'raster.changed': () => false,
    'raster.revoke': () => null,
    'autosave.write': () => null,
    'autosave.discard': () => null,
  };
}

async function serve(): Promise<Server> {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://window');
    const path = url.searchParams.get('path');
    if (path !== null) {
      sendRange(path, request.headers.range, response);
    } else {
      void sendContent(url, response);
    }
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return server;
}

function sendRange(path: string, header: string | undefined, response: ServerResponse): void {
  const { size } = statSync(path);
  const range = parseByteRange(header, size);
  if (range === 'unsatisfiable' || range === null) {
    response.writeHead(416, { 'content-range': `bytes */${size}` }).end();
    return;
  }
  const { start, end } = range;
  response.writeHead(206, { 'content-range': `bytes ${start}-${end}/${size}`, 'content-length': end - start + 1 });
  createReadStream(path, { start, end }).pipe(response);
}

async function sendContent(url: URL, response: ServerResponse): Promise<void> {
  const types: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };
  const path = join(builtWindow, url.pathname);
  const type = types[extname(path)];
  if (url.pathname === '/favicon.ico') {
    response.writeHead(204).end();
    return;
  }
  if (type === undefined || !existsSync(path)) {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, { 'content-type': type, 'content-security-policy': contentSecurityPolicy });
  response.end(await readFile(path));
}
