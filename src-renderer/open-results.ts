/** Vector files as results on a raster that is open: our own with what they say about themselves, polygons from anywhere with their attributes. */
import type { Desk } from './desk.ts';
import { panelStrings } from './panels/panel-strings.ts';
import { newInstance, type RasterLayer } from './state/document.ts';
import { addResult } from './state/document-edits.ts';
import { fileName } from './state/format.ts';
import { colorForResult } from './state/result-colors.ts';

const words = panelStrings.results;

/** @throws Think2SegError what the routes fail with. */
export async function openResults(desk: Desk, path: string): Promise<void> {
  const { workspace } = desk;
  const { scenePaths } = await workspace.call('results.inspect', { path });
  const raster = await rasterFor(desk, scenePaths);
  if (raster === null) {
    workspace.notify('error', words.needsRaster(fileName(path), scenePaths.map(fileName)));
    return;
  }
  const { results, notes } = await workspace.call('results.read', { path, rasterPath: raster.path });
  const before = workspace.history.value.get().results.length;
  const opened = results.map(({ instances, ...content }, index) => ({
    ...desk.newResult(raster.id, {
      ...content,
      fields: [...content.fields],
      instances: instances.map((stored) => newInstance(stored, crypto.randomUUID(), 'file', [...stored.attributes])),
    }),
    color: colorForResult(before + index),
  }));
  workspace.history.apply(panelStrings.history.openResults, (work) =>
    opened.reduce((now, result) => addResult(result)(now), work),
  );
  workspace.selectedInstanceIds.set([]);
  workspace.activeRasterId.set(raster.id);
  notes.forEach((note) => workspace.notify('info', `${fileName(path)}: ${note}`));
  await workspace.call('recent.add', { path });
}

/** The raster that the results were made from, which is opened if the user has worked with it before; else the active one. */
async function rasterFor(desk: Desk, scenePaths: readonly string[]): Promise<RasterLayer | null> {
  const { workspace } = desk;
  const start = workspace.start.get();
  const known = [...(start?.recentFiles ?? []), start?.sampleScenePath];
  const before = desk.activeRaster()?.raster;
  const isOpen = (): RasterLayer | undefined =>
    workspace.history.value.get().rasters.find(({ path }) => scenePaths.includes(path));
  if (isOpen() === undefined) {
    await workspace.openRasters(scenePaths.filter((path) => known.includes(path)).slice(-1));
  }
  return isOpen() ?? before ?? null;
}
