import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

import { describe, expect, test } from 'vitest';

import { inspectPack } from '../../../src-main/core/pack/list-packs.ts';
import { verifyPack } from '../../../src-main/core/pack/verify-pack.ts';

const directory = resolve(import.meta.dirname, '../../../models/nano');
const absent = existsSync(resolve(directory, 'pack.json')) ? null : `no pack at ${directory}`;

describe.skipIf(absent !== null)(`the embedded pack (${absent ?? 'present'})`, () => {
  test('is whole, small, and says its licence', async () => {
    const { signal } = new AbortController();
    const verification = await verifyPack(directory, { signal, onProgress: () => undefined });
    expect(verification.files.filter(({ state }) => state !== 'ok')).toEqual([]);
    const summary = await inspectPack(directory, { embeddedDirectory: directory, signal });
    expect(summary.embedded).toBe(true);
    expect(summary.bytes).toBeLessThan(20e6);
    expect(summary.licenceText.length).toBeGreaterThan(100);
    expect(summary.modelCardText).toContain('nano');
    expect(summary.estimatedMemoryBytes).toBeLessThan(2e9);
  });
});
