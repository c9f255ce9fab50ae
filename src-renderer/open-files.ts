import { strings } from '../strings.ts';
import type { Workspace } from '../workspace.ts';

/** GDAL reads far more than these; they only shorten the list in the dialog. */
const usualExtensions = ['tif', 'tiff', 'vrt', 'jp2', 'jpg', 'jpeg', 'png', 'img', 'ecw', 'asc', 'gpkg'];

export async function chooseRasters(workspace: Workspace): Promise<void> {
  const paths = await workspace.call('dialog.openFiles', {
    title: strings.toolbar.open,
    filters: [
      { name: strings.rasterFiles, extensions: usualExtensions },
      { name: strings.allFiles, extensions: ['*'] },
    ],
    several: true,
  });
  await workspace.openRasters(paths);
}
