/** Routes of work by eye and hand: look at a scene, ask, move a prompt, refine shapes, write what was accepted. */
import { z } from 'zod';
import { batchRequestSchema, type BatchResult } from './batch.ts';
import type { AskResult, ResegmentResult } from './ask.ts';
import { attributeFieldSchema, attributeValueSchema } from './attributes.ts';
import { drawnInstanceSchema, refinementSchema, type DrawnInstance } from './drawn-instance.ts';
import { modelOptionsSchema } from './model-options.ts';
import { promptListSchema } from './prompt.ts';
import { targetSchema, windowPxSchema } from './routes.ts';
import { reviewedResultSchema } from './review.ts';
import type { RunRecord } from './run-record.ts';
import type { SceneDisplay } from './scene-display.ts';
import type { StoredResults, VectorContents } from './stored-results.ts';

const viewSchema = {
  rasterPath: z.string().min(1),
  /** 1-based, three of them (or one, shown as grey); null lets the file decide. */
  bands: z.array(z.number().int().min(1)).min(1).max(3).nullable(),
  mode: z.enum(['native', 'reference']),
  connectivity: z.union([z.literal(4), z.literal(8)]),
  ...modelOptionsSchema,
};

/** As an engine wrote it; null for work by hand, of which the export then writes a record of its own. */
const runRecordSchema = z.custom<RunRecord>((value) => typeof value === 'object' && value !== null).nullable();
const scratchNameSchema = z.string().regex(/^\.think2seg-[A-Za-z0-9-]+$/);
const exportedInstanceSchema = drawnInstanceSchema.extend({ question: z.string() });
const attributedInstanceSchema = exportedInstanceSchema.extend({
  attributes: z.array(attributeValueSchema).default([]),
});

export const interactiveRouteInputs = {
  'scene.display': z.object({
    path: z.string().min(1),
    /** Where a copy for drawing may be kept. */
    cacheDirectory: z.string().min(1),
  }),

  /** A question whose answer is looked at and edited before anything is written. */
  'query.ask': z.object({ ...viewSchema, question: z.string().min(1), target: targetSchema }),

  /** Prompts moved, added or drawn by hand. The engine keeps what it encoded of the same view. */
  'query.resegment': z.object({
    ...viewSchema,
    /** What the masks may cover. */
    windowPx: windowPxSchema,
    promptsScenePx: promptListSchema,
  }),

  /** Provenance of objects that were drawn by hand, with no question. Reads the whole file for its sum. */
  'query.record': z.object({ ...viewSchema, windowPx: windowPxSchema, promptsScenePx: promptListSchema }),

  /** Geometry work without inference. The raster gives CRS and pixel size. */
  'shape.refine': z.object({
    rasterPath: z.string().min(1),
    instances: z.array(drawnInstanceSchema),
    refinement: refinementSchema,
  }),

  'shape.combine': z.object({
    rasterPath: z.string().min(1),
    operation: z.enum(['merge', 'subtract', 'intersect']),
    first: z.array(drawnInstanceSchema),
    second: z.array(drawnInstanceSchema),
  }),

  /** What a vector file holds, before its polygons are brought to a raster. */
  'results.inspect': z.object({ path: z.string().min(1) }),

  /** Polygons of a vector file as results on a raster. Those beside the raster are left out. */
  'results.read': z.object({ path: z.string().min(1), rasterPath: z.string().min(1) }),

  'export.vector': z.object({
    rasterPath: z.string().min(1),
    path: z.string().min(1),
    layerName: z.string().min(1),
    /** Attributes beside ours, in the order in which each instance has them. */
    fields: z.array(attributeFieldSchema).default([]),
    instances: z.array(attributedInstanceSchema),
    runRecord: runRecordSchema,
    /** Becomes part of the record. */
    reviewed: z.array(reviewedResultSchema).optional(),
    /** `append` adds features to an existing layer and `add-layer` a layer to an existing file; both for GeoPackage only. */
    write: z.enum(['create', 'replace', 'append', 'add-layer']),
    /**
     * A QGIS style that looks like the screen: `.qml` beside the file, and inside a GeoPackage its default style too. `append` keeps
     * the style that the layer has.
     */
    style: z.object({ color: z.string().regex(/^#[0-9a-fA-F]{6}$/), opacity: z.number().min(0).max(1) }).nullable(),
    scratchName: scratchNameSchema,
  }),

  'export.mask': z.object({
    rasterPath: z.string().min(1),
    path: z.string().min(1),
    windowPx: windowPxSchema,
    instances: z.array(exportedInstanceSchema),
    runRecord: runRecordSchema,
    /** Becomes part of the record. */
    reviewed: z.array(reviewedResultSchema).optional(),
    overwrite: z.boolean(),
    scratchName: scratchNameSchema,
  }),

  /** Begins a batch or goes on with it. What is done is not done again; the manifest in the folder is its memory. */
  'batch.run': z.object({
    folder: z.string().min(1),
    request: batchRequestSchema,
    retryFailed: z.boolean(),
    /** Items that an engine died of: they are failures now. */
    crashedKeys: z.array(z.string()),
  }),

  /** Asks a batch to stand still after the scene that it works on; its `batch.run` then answers. */
  'batch.pause': z.object({ folder: z.string().min(1) }),

  /** Frees the memory of the models; the next question loads them again. */
  'models.unload': z.object({}),
} as const;

export type InteractiveRouteName = keyof typeof interactiveRouteInputs;

export interface InteractiveRouteOutputs {
  'scene.display': SceneDisplay;
  'query.ask': AskResult;
  'query.resegment': ResegmentResult;
  'query.record': RunRecord;
  'shape.refine': DrawnInstance[];
  'shape.combine': DrawnInstance[];
  'results.inspect': VectorContents;
  'results.read': StoredResults;
  'export.vector': {
    files: string[];
    /** What the format could not hold as it is. */
    notes: string[];
  };
  'export.mask': { files: string[] };
  'batch.run': BatchResult;
  'batch.pause': null;
  'models.unload': null;
}
