import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { afterAll, describe, expect, test } from 'vitest';

import { openSession, Tensor } from '../../../src-main/core/inference/session.ts';
import { tinyOnnx } from '../../support/onnx-bytes.ts';

const probe = resolve(import.meta.dirname, '../../../resources/probe/probe_q4.onnx');
const scratch = mkdtempSync(join(tmpdir(), 'think2seg-session-'));

afterAll(() => {
  rmSync(scratch, { recursive: true });
});

function input(): Tensor {
  return new Tensor('float32', new Float32Array(128).fill(0.5), [1, 1, 128]);
}

describe('openSession', () => {
  test('runs a model and says what goes in and out', async () => {
    const session = await openSession(probe, { provider: 'cpu', threads: 1 });
    expect(session.inputNames).toEqual(['x']);
    expect(session.inputMetadata[0]).toMatchObject({ name: 'x', type: 'float32', shape: [1, 'tokens', 128] });
    const { y } = await session.run({ x: input() }, ['y']);
    expect(y?.dims).toEqual([1, 1, 64]);
    await session.release();
    await session.release();
    await expect(session.run({ x: input() })).rejects.toMatchObject({ code: 'INTERNAL' });
  });

  test('codes what goes wrong while running', async () => {
    const session = await openSession(probe, { provider: 'cpu', threads: 1 });
    await expect(session.run({})).rejects.toMatchObject({ code: 'INFERENCE_FAILED' });
    const wrong = new Tensor('float32', new Float32Array(5), [1, 1, 5]);
    await expect(session.run({ x: wrong })).rejects.toMatchObject({
      code: 'INFERENCE_FAILED',
      message: expect.stringContaining('probe_q4.onnx') as string,
    });
    await session.release();
  });

  test('names a missing file', async () => {
    const path = join(scratch, 'nowhere.onnx');
    await expect(openSession(path, { provider: 'cpu' })).rejects.toMatchObject({ code: 'PACK_INCOMPLETE' });
  });

  test('names a file that is no model, and one that was cut off', async () => {
    const text = join(scratch, 'text.onnx');
    writeFileSync(text, 'this is no model');
    await expect(openSession(text, { provider: 'cpu' })).rejects.toMatchObject({ code: 'PACK_DAMAGED' });
    const cut = join(scratch, 'cut.onnx');
    writeFileSync(cut, readFileSync(probe).subarray(0, 3000));
    await expect(openSession(cut, { provider: 'cpu' })).rejects.toMatchObject({ code: 'PACK_DAMAGED' });
  });

  test('names a model whose weights are missing', async () => {
    const path = join(scratch, 'external.onnx');
    writeFileSync(path, tinyOnnx({ external: 'external.onnx_data' }));
    await expect(openSession(path, { provider: 'cpu' })).rejects.toMatchObject({ code: 'PACK_DAMAGED' });
  });

  test.runIf(process.platform === 'linux')(
    'never computes on the CPU when another provider was asked for',
    async () => {
      const path = join(scratch, 'probe.onnx');
      copyFileSync(probe, path);
      for (const provider of ['dml', 'cuda'] as const) {
        await expect(openSession(path, { provider })).rejects.toMatchObject({
          code: 'PROVIDER_UNAVAILABLE',
          message: expect.stringContaining(provider) as string,
        });
      }
    },
  );
});
