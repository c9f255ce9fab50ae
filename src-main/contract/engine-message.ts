/** The wire between an engine process and whoever started it. Everything is plain JSON; pixels never cross. */
import { z } from 'zod';
import type { ErrorEnvelope } from './errors.ts';
import type { ProgressEvent } from './progress.ts';
import type { ProviderReport } from './provider.ts';

export const engineRequestSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('call'), id: z.number().int(), route: z.string(), input: z.unknown() }),
  z.object({ kind: z.literal('cancel'), id: z.number().int() }),
]);

export type EngineRequest = z.infer<typeof engineRequestSchema>;

export type EngineReply =
  | { kind: 'ready' }
  /** The call was heard; its work begins. A call without this can be given to another engine. */
  | { kind: 'begun'; id: number }
  | { kind: 'progress'; id: number; event: ProgressEvent }
  | { kind: 'done'; id: number; output: unknown }
  | { kind: 'failed'; id: number; error: ErrorEnvelope };

/** In the desktop only the main process can start the process in which a provider is examined. */
export type ProbeMessageFromEngine =
  { kind: 'probe-start'; id: number; argument: string } | { kind: 'probe-kill'; id: number };

export type ProbeMessageToEngine =
  | { kind: 'probe-report'; id: number; report: ProviderReport }
  | { kind: 'probe-stderr'; id: number; text: string }
  | { kind: 'probe-exit'; id: number; how: string };
