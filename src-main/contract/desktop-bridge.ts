/** The two functions that the preload gives to the window, and all that may arrive through them. Types only. */
import type { z } from 'zod';
import type { appRouteInputs, AppRouteName, AppRouteOutputs } from './app-routes.ts';
import type { ErrorEnvelope } from './errors.ts';
import type { interactiveRouteInputs, InteractiveRouteName, InteractiveRouteOutputs } from './interactive-routes.ts';
import type { ProgressEvent } from './progress.ts';
import type { RouteInput, RouteName, RouteOutputs } from './routes.ts';

interface DesktopRouteInputs {
  engine: { [Name in RouteName]: RouteInput<Name> };
  interactive: { [Name in InteractiveRouteName]: z.input<(typeof interactiveRouteInputs)[Name]> };
  app: { [Name in AppRouteName]: z.input<(typeof appRouteInputs)[Name]> };
}

type AllInputs = DesktopRouteInputs['engine'] & DesktopRouteInputs['interactive'] & DesktopRouteInputs['app'];

type AllOutputs = RouteOutputs & InteractiveRouteOutputs & AppRouteOutputs;

export type DesktopRouteName = keyof AllInputs;

export type DesktopInput<Name extends DesktopRouteName> = AllInputs[Name];

export type DesktopOutput<Name extends DesktopRouteName> = AllOutputs[Name];

/** Electron keeps only the message of a rejected call, so failures travel as values. */
export type CallReply<Output> = { ok: true; output: Output } | { ok: false; error: ErrorEnvelope };

/** The menu shows the keys of undo and redo, the window hears them: a text field has its own. */
export const menuCommands = [
  'open',
  'open-project',
  'save-project',
  'save-project-as',
  'export',
  'report',
  'batch',
  'undo',
  'redo',
  'zoom-in',
  'zoom-out',
  'zoom-native',
  'zoom-scene',
  'packs',
  'settings',
  'self-test',
  'shortcuts',
  'tour',
  'about',
] as const;

export type MenuCommand = (typeof menuCommands)[number];

export type DesktopEvent =
  | { kind: 'progress'; callId: number; event: ProgressEvent }
  | { kind: 'files-opened'; paths: string[] }
  | { kind: 'menu'; command: MenuCommand }
  | { kind: 'engine'; state: 'starting' | 'ready' | 'crashed'; reason?: string }
  /** Something beside the work went wrong, such as the list of recent files that cannot be kept. */
  | { kind: 'problem'; error: ErrorEnvelope }
  /** The user wants to close the window: the window saves or asks, then calls `window.close` itself. */
  | { kind: 'close-requested' };

export interface DesktopBridge {
  /** `callId` is chosen by the window; it names the call in progress events and in `call.cancel`. */
  call: <Name extends DesktopRouteName>(
    route: Name,
    input: DesktopInput<Name>,
    callId: number,
  ) => Promise<CallReply<DesktopOutput<Name>>>;
  /** @returns a function that stops listening. Files dropped on the window arrive as `files-opened`. */
  listen: (listener: (event: DesktopEvent) => void) => () => void;
}

declare global {
  /** The window of the desktop; elsewhere the type exists and the object does not. */
  interface Window {
    readonly think2seg: DesktopBridge;
  }
}
