/**
 * All that an engine process can be asked: input parsed with zod where it arrives, output by type.
 * The command line and the desktop use the same routes.
 */
import { z } from 'zod';
import { modelOptionsSchema } from './model-options.ts';
import type { PackSummary, PackSurvey, PackVerification } from './pack-report.ts';
import { givenPromptListSchema } from './prompt.ts';
import type { DoctorReport } from './doctor.ts';
import { evaluateInputSchema, type EvaluationReport } from './evaluation.ts';
import type { SceneInfo } from './scene.ts';
import type { SegmentResult } from './segment-result.ts';

export const sceneInfoInputSchema = z.object({ path: z.string().min(1), stats: z.boolean() });

export const windowPxSchema = z.object({
  x: z.number().int(),
  y: z.number().int(),
  width: z.number().int(),
  height: z.number().int(),
});

/** Which pixels a query looks at: all of them, a window in scene pixels, or a box in the scene's CRS. */
export const targetSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('scene') }),
  z.object({ kind: z.literal('window'), windowPx: windowPxSchema }),
  z.object({ kind: z.literal('bbox'), boundsMap: z.tuple([z.number(), z.number(), z.number(), z.number()]) }),
]);

/** Who places the prompts: the language model, an answer it gave before, or the user. */
export const promptSourceSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('model') }),
  z.object({ kind: z.literal('answer'), text: z.string() }),
  z.object({ kind: z.literal('prompts'), promptsWindowPx: givenPromptListSchema }),
]);

export const segmentInputSchema = z.object({
  rasterPath: z.string().min(1),
  /** Empty only when prompts are given by hand. */
  question: z.string(),
  target: targetSchema,
  /** 1-based, three of them (or one, shown as grey); null lets the file decide. */
  bands: z.array(z.number().int().min(1)).min(1).max(3).nullable(),
  promptSource: promptSourceSchema,
  ...modelOptionsSchema,
  mode: z.enum(['native', 'reference']),
  /** Absent: one picture of the whole target. */
  scale: z
    .object({
      name: z.enum(['whole', 'tiles', 'auto']),
      /** Ground size of a pixel of the picture that the model sees of a tile; null takes the pixels of the scene. */
      gsdM: z.number().positive().nullable(),
      /** How far tiles reach into each other, in pixels of that picture; null is a quarter of it. */
      overlapPx: z.number().int().min(0).nullable(),
    })
    .optional(),
  /** In pixels of the mask; 0 keeps every pixel edge. */
  simplifyPx: z.number().min(0),
  minAreaM2: z.number().min(0),
  connectivity: z.union([z.literal(4), z.literal(8)]),
  /** Vector files to write; the extension says the format. */
  outputPaths: z.array(z.string().min(1)),
  maskPath: z.string().min(1).nullable(),
  overlayPath: z.string().min(1).nullable(),
  /** Long side of the overlay picture; 1024 when absent. */
  overlaySidePx: z.number().int().min(16).max(8192).optional(),
  /** Size and sum of the raster where the caller has them already; else the file is read for them. */
  rasterDigest: z.object({ bytes: z.number().int(), sha256: z.string() }).optional(),
  overwrite: z.boolean(),
  /** Name of the hidden folder for unfinished files, chosen by the caller so that it can clean up after a kill. */
  scratchName: z.string().regex(/^\.think2seg-[A-Za-z0-9-]+$/),
});

export type SegmentInput = z.infer<typeof segmentInputSchema>;

export const packDirectoryInputSchema = z.object({ directory: z.string().min(1) });

export const packListInputSchema = z.object({ embeddedDirectory: z.string().min(1) });

export const packImportInputSchema = z.object({
  sourceDirectory: z.string().min(1),
  /** For a foreign folder without pack.json: the template the weights were trained with, and what they are. */
  foreign: z
    .object({
      id: z.string().min(1),
      title: z.string().min(1),
      // Editors of Windows begin a text with a mark and end lines in two characters; no model was trained with either.
      promptTemplate: z
        .string()
        .min(1)
        .transform((text) => text.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n')),
      licenceId: z.string().min(1),
      licencePath: z.string().min(1),
      frame: z.object({ width: z.number().int().positive(), height: z.number().int().positive() }),
    })
    .nullable(),
  overwrite: z.boolean(),
});

export const doctorInputSchema = z.object({ packDirectory: z.string().min(1) });

export const routeInputs = {
  'scene.info': sceneInfoInputSchema,
  'query.segment': segmentInputSchema,
  'pack.list': packListInputSchema,
  'pack.inspect': packDirectoryInputSchema,
  'pack.verify': packDirectoryInputSchema,
  'pack.survey': z.object({ sourceDirectory: z.string().min(1) }),
  'pack.import': packImportInputSchema,
  doctor: doctorInputSchema,
  'evaluate.run': evaluateInputSchema,
} as const;

export type RouteName = keyof typeof routeInputs;

export type RouteInput<Name extends RouteName> = z.input<(typeof routeInputs)[Name]>;

export interface RouteOutputs {
  'scene.info': SceneInfo;
  'query.segment': SegmentResult;
  'pack.list': PackSummary[];
  'pack.inspect': PackSummary;
  'pack.verify': PackVerification;
  'pack.survey': PackSurvey;
  'pack.import': PackSummary;
  doctor: DoctorReport;
  'evaluate.run': EvaluationReport;
}
