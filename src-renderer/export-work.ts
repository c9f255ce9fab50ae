/** Writes what was reviewed: asks where, then vector file, mask or report. */
import type { Desk } from './desk.ts';
import type { Call } from './state/calls.ts';
import { fileName, formatArea } from './state/format.ts';
import { suggestedFileName, type ExportSelection } from './state/export-selection.ts';
import { reportHtml } from './state/report.ts';
import { panelStrings } from './panels/panel-strings.ts';

export const exportFormats = ['.gpkg', '.geojson', '.shp', '.fgb', '.tif', '.html', '.pdf'] as const;

export type ExportFormat = (typeof exportFormats)[number];

export interface ExportOptions {
  readonly format: ExportFormat;
  /** `append` and `add-layer` for GeoPackage only. */
  readonly write: 'create' | 'append' | 'add-layer';
  readonly layerName: string;
  readonly withStyle: boolean;
}

export interface Written {
  readonly files: readonly string[];
  /** What the format could not hold as it is. */
  readonly notes: readonly string[];
}

const words = panelStrings.export;

/** @returns null when the user chose no file. */
export async function exportSelection(
  desk: Desk,
  selection: ExportSelection,
  options: ExportOptions,
  signal: AbortSignal,
): Promise<Written | null> {
  const call: Call = (route, input) => desk.workspace.call(route, input, { signal });
  const { format } = options;
  const subject = selection.results.at(-1)?.question ?? '';
  const path = await call('dialog.save', {
    title: words.saveTitle,
    suggestedName: suggestedFileName(subject, format),
    filters: [{ name: words.formats[format].name, extensions: [format.slice(1)] }],
    replaces: options.write === 'create',
  });
  if (path === null) {
    return null;
  }
  if (format === '.html' || format === '.pdf') {
    const html = reportOf(desk, selection, desk.mapControl.get()?.picture() ?? null);
    return { files: [await call('report.write', { path, html, overwrite: true })], notes: [] };
  }
  const { raster, windowPx, reviewed } = selection;
  const instances = selection.instances.map(({ resultId, ...instance }) => instance);
  const runRecord = await recordOf(desk, selection, call);
  const scratchName = `.think2seg-${crypto.randomUUID()}`;
  if (format === '.tif') {
    const input = {
      rasterPath: raster.path,
      path,
      windowPx,
      instances,
      runRecord,
      reviewed,
      overwrite: true,
      scratchName,
    };
    return { ...(await call('export.mask', input)), notes: [] };
  }
  const [topmost] = selection.results.slice(-1);
  return call('export.vector', {
    rasterPath: raster.path,
    path,
    layerName: options.layerName,
    fields: [...selection.fields],
    instances,
    runRecord,
    reviewed,
    // The dialog has asked already whether an existing file may go.
    write: options.write === 'create' ? 'replace' : options.write,
    style: options.withStyle && topmost !== undefined ? { color: topmost.color, opacity: topmost.opacity } : null,
    scratchName,
  });
}

/** Provenance of the answer; work by hand alone gets a record of its own. Null where no model had a part. */
async function recordOf(
  desk: Desk,
  { raster, windowPx, runRecord, instances }: ExportSelection,
  call: Call,
): Promise<ExportSelection['runRecord']> {
  const promptsScenePx = instances.flatMap(({ promptScenePx }) => promptScenePx ?? []);
  if (runRecord !== null || promptsScenePx.length === 0) {
    return runRecord;
  }
  const input = desk.modelInput(raster.id);
  if (input === null) {
    throw new Error(`the raster ${raster.path} is not open`);
  }
  return call('query.record', { ...input, windowPx, promptsScenePx });
}

function reportOf(desk: Desk, selection: ExportSelection, pictureUrl: string | null): string {
  const { raster, results, instances } = selection;
  return reportHtml({
    title: fileName(raster.path),
    version: desk.workspace.start.get()?.version ?? '',
    createdAt: new Date(),
    scenePath: raster.path,
    pictureUrl,
    sections: results.map(({ id, name, question, color, runRecord }) => ({
      name,
      question,
      color,
      instances: instances.filter(({ resultId }) => resultId === id),
      runRecord,
    })),
  });
}

export function describeSelection(selection: ExportSelection): string {
  const objects = panelStrings.results.objects(selection.instances.length);
  return words.summary(objects, selection.areaM2 === null ? '' : formatArea(selection.areaM2));
}
