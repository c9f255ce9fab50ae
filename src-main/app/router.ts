/** Receives the window's calls: checks who calls, parses what is asked, answers with a value in success and in failure. */
import { ipcMain, type BrowserWindow, type IpcMainEvent, type IpcMainInvokeEvent } from 'electron';
import { z } from 'zod';
import { appRouteInputs, type AppRouteName, type AppRouteOutputs } from '../contract/app-routes.ts';
import type { CallReply, DesktopEvent } from '../contract/desktop-bridge.ts';
import { engineRouteInputs } from '../contract/engine-routes.ts';
import { Think2SegError, toThink2SegError } from '../contract/errors.ts';
import { callChannel, dropChannel, eventChannel } from './channels.ts';
import type { ChosenPaths } from './chosen-paths.ts';
import type { EngineClient } from './engine-client.ts';
import { assertEnginePaths } from './engine-paths.ts';
import { explainParse } from '../contract/explain-parse.ts';

export type AppHandlers = {
  [Name in AppRouteName]: (
    input: z.output<(typeof appRouteInputs)[Name]>,
  ) => AppRouteOutputs[Name] | Promise<AppRouteOutputs[Name]>;
};

export interface RouterOptions {
  readonly window: BrowserWindow;
  /** Start of every address that the window's own page can have. */
  readonly pageUrlPrefix: string;
  readonly engine: EngineClient;
  readonly handlers: AppHandlers;
  readonly chosen: ChosenPaths;
  readonly onDrop: (paths: string[]) => void;
}

const callMessageSchema = z.object({ route: z.string(), input: z.unknown(), callId: z.number().int() });

export function serveRoutes(options: RouterOptions): void {
  ipcMain.handle(callChannel, async (event, message: unknown): Promise<CallReply<unknown>> => {
    try {
      assertOwnPage(event, options);
      const { route, input, callId } = parse('call', callMessageSchema, message);
      return { ok: true, output: await dispatch(options, route, input, callId) };
    } catch (thrown) {
      return { ok: false, error: toThink2SegError(thrown).toEnvelope() };
    }
  });
  ipcMain.on(dropChannel, (event, paths: unknown) => {
    assertOwnPage(event, options);
    options.onDrop(parse('drop', z.array(z.string().min(1)), paths));
  });
}

export function sendEvent(window: BrowserWindow, event: DesktopEvent): void {
  if (!window.isDestroyed()) {
    window.webContents.send(eventChannel, event);
  }
}

function dispatch(options: RouterOptions, route: string, input: unknown, callId: number): unknown {
  if (isAppRoute(route)) {
    const handler = options.handlers[route] as (input: unknown) => unknown;
    return handler(parse(route, appRouteInputs[route], input));
  }
  if (Object.hasOwn(engineRouteInputs, route)) {
    // The engine parses the rest of the input, where it arrives.
    assertEnginePaths(route, input, options.chosen);
    return options.engine.call(route, input, callId, (event) => {
      sendEvent(options.window, { kind: 'progress', callId, event });
    });
  }
  throw new Think2SegError('INTERNAL', `no route ${route}; expected one of the contract`);
}

function isAppRoute(route: string): route is AppRouteName {
  return Object.hasOwn(appRouteInputs, route);
}

function parse<Schema extends z.ZodType>(what: string, schema: Schema, value: unknown): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    throw new Think2SegError('USAGE', `${what}: ${explainParse(parsed.error)}`);
  }
  return parsed.data;
}

/** Only the top frame of the one window, and only while it shows our own page. */
function assertOwnPage(event: IpcMainEvent | IpcMainInvokeEvent, { window, pageUrlPrefix }: RouterOptions): void {
  const frame = event.senderFrame;
  if (
    event.sender !== window.webContents ||
    frame === null ||
    frame.parent !== null ||
    !frame.url.startsWith(pageUrlPrefix)
  ) {
    throw new Think2SegError('INTERNAL', `a call came from ${frame?.url ?? 'a frame that is gone'}; it was refused`);
  }
}
