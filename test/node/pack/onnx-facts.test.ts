import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { afterAll, expect, test } from 'vitest';

import { convByThrees, isConvByThrees } from '../../../src-main/core/inference/conv-by-threes.ts';
import { readOnnxFacts, type OnnxFacts } from '../../../src-main/core/pack/onnx-facts.ts';
import { tinyOnnx, type TinyModel } from '../../support/onnx-bytes.ts';

const probes = resolve(import.meta.dirname, '../../../resources/probe');
const scratch = mkdtempSync(join(tmpdir(), 'think2seg-onnx-'));

afterAll(() => {
  rmSync(scratch, { recursive: true });
});

function factsOf(model: TinyModel): OnnxFacts {
  const path = join(scratch, 'tiny.onnx');
  writeFileSync(path, tinyOnnx(model));
  return readOnnxFacts(path);
}

test('half precision counts where it is computed, not where it is stored', () => {
  expect(factsOf({ weightType: 1 }).computesInFloat16).toBe(false);
  expect(factsOf({ weightType: 10 }).computesInFloat16).toBe(true);
  expect(factsOf({ weightType: 10, castWeights: true }).computesInFloat16).toBe(false);
});

test('operators and files of nested graphs are seen', () => {
  const facts = factsOf({ nested: true, operator: 'Mul', external: 'w.bin' });
  expect([...facts.operators].sort()).toEqual(['If', 'Mul']);
  expect([...facts.externalFiles]).toEqual(['w.bin']);
});

test('weights may have any number of dimensions', () => {
  expect([...factsOf({ weightDims: 300_000 }).operators]).toEqual(['Add']);
});

test('files written by the onnx library are read', () => {
  expect([...readOnnxFacts(join(probes, 'probe_gqa.onnx')).operators]).toContain('GroupQueryAttention');
  expect([...readOnnxFacts(join(probes, 'probe.onnx')).operators]).not.toContain(convByThrees);
  expect([...readOnnxFacts(join(probes, 'probe_conv3.onnx')).operators]).toContain(convByThrees);
  expect(readOnnxFacts(join(probes, 'probe_fp16.onnx')).computesInFloat16).toBe(true);
});

test('convolutions that a kernel is known to compute wrong are told from others', () => {
  const wrong = [3, 4, 5, 6, 7, 8, 9, 12, 15, 16, 18, 24].filter((channels) => isConvByThrees([16, channels, 3, 3]));
  expect(wrong).toEqual([6, 9, 15, 18]);
  expect(isConvByThrees([16, 6, 1, 1])).toBe(false);
});
