import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { userPacksDirectory } from '../contract/user-directories.ts';
import { readManifest } from '../core/pack/manifest.ts';
import { installation } from './installation.ts';

async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** Null where the embedded pack is damaged; whoever uses it says how. */
async function embeddedId(): Promise<string | null> {
  return readManifest(installation.embeddedPackDirectory).then(
    ({ manifest }) => manifest.id,
    () => null,
  );
}

/**
 * The folder of the pack to use: the embedded one when none is named, a folder when the name is one, else an imported pack of
 * that id, else the embedded one if the id is its. A name that is neither stays a path, so that the error names what was typed.
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
  if (await isDirectory(imported)) {
    return imported;
  }
  return name === (await embeddedId()) ? installation.embeddedPackDirectory : asPath;
}
