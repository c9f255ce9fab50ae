import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

const root = process.env['T2S_SHARED'] ?? resolve(import.meta.dirname, '../../../shared');

/** Why tests on the shared data cannot run here; null when they can. */
export const sharedDataMissing: string | null = existsSync(resolve(root, 'data/SOURCES.tsv'))
  ? null
  : `no shared test data at ${root} (set T2S_SHARED)`;

if (sharedDataMissing !== null && process.env['T2S_REQUIRE_SHARED'] === '1') {
  throw new Error(`shared test data is required here: ${sharedDataMissing}`);
}

/** Absolute path of a file below the shared folder, for example `sharedPath('data/drone/australia.tif')`. */
export function sharedPath(relativePath: string): string {
  return resolve(root, relativePath);
}
