/** A raster that is not where it was: the file that the user picks takes its place. */
import type { RasterLayer } from './state/document.ts';
import { changeRaster } from './state/document-edits.ts';
import { fileName } from './state/format.ts';
import { knownSizePx } from './state/known-size.ts';
import { strings } from './strings.ts';
import type { Workspace } from './workspace.ts';

const words = strings.layers;

/** What fails is said. Results lie on the pixels of their raster, so that one of another size is refused. */
export async function findRaster(workspace: Workspace, raster: RasterLayer): Promise<void> {
  const { call, history } = workspace;
  const name = fileName(raster.path);
  try {
    const filters = [{ name: strings.allFiles, extensions: ['*'] }];
    const [path] = await call('dialog.openFiles', { title: words.findTitle(name), filters, several: false });
    if (path === undefined) {
      return;
    }
    const found = await call('scene.info', { path, stats: false });
    const known = knownSizePx(history.value.get(), raster);
    if (known !== null && (known.width !== found.width || known.height !== found.height)) {
      workspace.notify('error', words.otherSize(fileName(path), found, name, known));
      return;
    }
    history.apply(strings.history.findRaster, changeRaster(raster.id, { path }));
    if (path === raster.path) {
      // It is where it was, and can be read now.
      await workspace.openScene(path);
    }
  } catch (thrown) {
    workspace.fail(thrown);
  }
}
