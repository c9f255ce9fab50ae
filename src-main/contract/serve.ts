/** The wire of `think2seg serve`: one JSON object a line, requests on stdin, replies on stdout. A public contract. */
import { z } from 'zod';
import type { ErrorEnvelope } from './errors.ts';
import type { ProgressEvent } from './progress.ts';
import { promptSourceSchema, segmentInputSchema, targetSchema } from './routes.ts';
import type { SegmentResult } from './segment-result.ts';

const idSchema = z.union([z.number().int(), z.string().min(1).max(200)]);

export type ServeId = z.infer<typeof idSchema>;

const segment = segmentInputSchema.shape;

/** As `SegmentInput`, with what most requests leave out filled in. How the models run belongs to the server. */
const serveInputSchema = z.strictObject({
  rasterPath: segment.rasterPath,
  question: segment.question.default(''),
  target: targetSchema.default({ kind: 'scene' }),
  bands: segment.bands.default(null),
  promptSource: promptSourceSchema.default({ kind: 'model' }),
  mode: segment.mode.default('native'),
  scale: segment.scale,
  simplifyPx: segment.simplifyPx.default(1),
  minAreaM2: segment.minAreaM2.default(0),
  connectivity: segment.connectivity.default(4),
  outputPaths: segment.outputPaths.default([]),
  maskPath: segment.maskPath.default(null),
  overlayPath: segment.overlayPath.default(null),
  overlaySidePx: segment.overlaySidePx,
  rasterDigest: segment.rasterDigest,
  overwrite: segment.overwrite.default(false),
  /** How the names of folders for unfinished files begin, so that a caller can clean up after a kill. */
  scratchName: segment.scratchName.default('.think2seg-serve'),
});

export type ServeInput = z.infer<typeof serveInputSchema>;

export const serveRequestSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('segment'), id: idSchema, input: serveInputSchema }),
  z.strictObject({ kind: z.literal('ping'), id: idSchema }),
  /** Names the request to stop; that request fails with CANCELLED. */
  z.strictObject({ kind: z.literal('cancel'), id: idSchema }),
  /** Finishes what was asked before and ends, as the end of stdin does. */
  z.strictObject({ kind: z.literal('shutdown') }),
]);

export type ServeReply =
  | { kind: 'ready'; schema: 1; application: { name: string; version: string }; pack: { id: string; sha256: string } }
  | { kind: 'pong'; id: ServeId }
  | { kind: 'progress'; id: ServeId; event: ProgressEvent }
  | { kind: 'done'; id: ServeId; result: SegmentResult }
  /** The id is null when the line that failed had none. */
  | { kind: 'failed'; id: ServeId | null; error: ErrorEnvelope };
