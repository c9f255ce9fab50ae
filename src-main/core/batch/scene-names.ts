import { basename, dirname, relative, sep } from 'node:path';

/**
 * What each raster is called in one table: by its name alone where no other one has it, else by its path below the folder that holds all of
 * those of that name, with `/` on every system.
 */
export function sceneNames(paths: Iterable<string>): ReadonlyMap<string, string> {
  const byName = new Map<string, Set<string>>();
  for (const path of paths) {
    const name = basename(path);
    byName.set(name, (byName.get(name) ?? new Set()).add(path));
  }
  const names = new Map<string, string>();
  for (const [name, same] of byName) {
    const folder = commonFolder([...same]);
    for (const path of same) {
      names.set(path, same.size === 1 ? name : relative(folder, path).split(sep).join('/'));
    }
  }
  return names;
}

function commonFolder(paths: readonly string[]): string {
  let folder = dirname(paths[0] ?? '');
  while (
    dirname(folder) !== folder &&
    paths.some((path) => !path.startsWith(folder.endsWith(sep) ? folder : folder + sep))
  ) {
    folder = dirname(folder);
  }
  return folder;
}
