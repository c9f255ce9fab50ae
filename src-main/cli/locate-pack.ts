import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { userPacksDirectory } from '../contract/user-directories.ts';
import { installation } from './installation.ts';

async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/**
 * The folder of the pack to use: the embedded one when none is named, a folder when the name is one, else an imported pack of
 * that id. A name that is neither stays a path, so that the error names what was typed.
 */
export async function locatePack(name: string | undefined): Promise<string> {
  if (name === undefined) {
    return installation.embeddedPackDirectory;
  }
  const asPath = resolve(name);
  if (await isDirectory(asPath)) {
    return asPath;
  }
  const imported = join(userPacksDirectory(), name);
  return (await isDirectory(imported)) ? imported : asPath;
}
