import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

describe('WebAssembly of the sources', () => {
  it('is what its text compiles to', async () => {
    const script = resolve(import.meta.dirname, '../../../resources/wasm/compile.mjs');
    await expect(promisify(execFile)(process.execPath, [script, '--check'])).resolves.toMatchObject({ stderr: '' });
  });
});
