/** Files of every kind that the window opens: chosen in a dialog, dropped, named on a command line, used before. */
import { withoutCompanions } from './companion-files.ts';
import type { Desk } from './desk.ts';
import { openResults } from './open-results.ts';
import { openProject, projectExtension } from './project-actions.ts';
import { strings } from './strings.ts';

/** GDAL reads far more than these; they only shorten the list in the dialog. */
const rasterExtensions = ['tif', 'tiff', 'vrt', 'jp2', 'jpg', 'jpeg', 'png', 'img', 'ecw', 'asc', 'gpkg'];
const resultExtensions = ['gpkg', 'geojson', 'json', 'shp', 'fgb'];

type FileKind = 'project' | 'results' | 'raster';

export async function chooseFiles(desk: Desk): Promise<void> {
  const paths = await desk.workspace.call('dialog.openFiles', {
    title: strings.toolbar.open,
    filters: [
      { name: strings.openableFiles, extensions: [...new Set([...rasterExtensions, ...resultExtensions])] },
      { name: strings.rasterFiles, extensions: rasterExtensions },
      { name: strings.resultFiles, extensions: resultExtensions },
      { name: strings.allFiles, extensions: ['*'] },
    ],
    several: true,
  });
  await openPaths(desk, paths);
}

/** Projects replace the work, rasters join it, and results come last, as they need a raster to lie on. */
export async function openPaths(desk: Desk, paths: readonly string[]): Promise<void> {
  const sorted: Record<FileKind, string[]> = { project: [], results: [], raster: [] };
  for (const path of withoutCompanions(paths)) {
    await told(desk, async () => sorted[await kindOf(desk, path)].push(path));
  }
  const [project] = sorted.project;
  if (project !== undefined) {
    await told(desk, () => openProject(desk, project));
  }
  await desk.workspace.openRasters(sorted.raster);
  for (const path of sorted.results) {
    await told(desk, () => openResults(desk, path));
  }
}

/** One file that cannot be opened keeps no other from being opened. */
async function told(desk: Desk, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (thrown) {
    desk.fail(thrown);
  }
}

async function kindOf({ workspace }: Desk, path: string): Promise<FileKind> {
  const extension = /\.([^.\\/]*)$/.exec(path)?.[1]?.toLowerCase() ?? '';
  if (`.${extension}` === projectExtension) {
    return 'project';
  }
  if (extension !== 'gpkg') {
    return resultExtensions.includes(extension) ? 'results' : 'raster';
  }
  // A GeoPackage holds shapes or pictures.
  return (await workspace.call('results.inspect', { path })).hasShapes ? 'results' : 'raster';
}
