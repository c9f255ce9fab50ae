import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

const name = 'NVIDIA_TF32_OVERRIDE';
let before: string | undefined;

beforeEach(() => {
  before = process.env[name];
  vi.resetModules();
});

afterEach(() => {
  Reflect.deleteProperty(process.env, name);
  if (before !== undefined) {
    process.env[name] = before;
  }
});

async function valueAfterLoading(): Promise<string | undefined> {
  const { loadRuntime } = await import('../../../src-main/core/inference/runtime.ts');
  await loadRuntime();
  return process.env[name];
}

describe('precision of CUDA', () => {
  test('is full unless the user says otherwise', async () => {
    Reflect.deleteProperty(process.env, name);
    expect(await valueAfterLoading()).toBe('0');
  });

  test("keeps the user's choice", async () => {
    process.env[name] = '1';
    expect(await valueAfterLoading()).toBe('1');
  });
});
