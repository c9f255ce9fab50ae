import { closeSync, fsync, openSync } from 'node:fs';
import { promisify } from 'node:util';

const synchronise = promisify(fsync);

/** Waits until the contents of a file are on the disk. */
export async function syncFile(path: string): Promise<void> {
  await syncHandle(path, 'r+');
}

/** Waits until the names in a folder are on the disk: they must survive a power cut as well as the contents. */
export async function syncFolder(path: string): Promise<void> {
  // Windows has no such call for folders.
  if (process.platform !== 'win32') {
    await syncHandle(path, 'r');
  }
}

async function syncHandle(path: string, flags: 'r' | 'r+'): Promise<void> {
  const descriptor = openSync(path, flags);
  try {
    await synchronise(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
