import { expect, it } from 'vitest';
import { freeTensors } from '../../../src-main/core/inference/free-tensors.ts';
import { Tensor } from '../../../src-main/core/inference/session.ts';

const mebibyte = 2 ** 20;

it('gives the memory of tensors back at once', () => {
  const tensors = Array.from(
    { length: 64 },
    () => new Tensor('float32', new Float32Array(mebibyte / 4), [mebibyte / 4]),
  );
  const before = process.memoryUsage().arrayBuffers;
  freeTensors(tensors);
  expect(before - process.memoryUsage().arrayBuffers).toBeGreaterThan(60 * mebibyte);
  expect(tensors.map(({ data }) => data.length)).toEqual(tensors.map(() => 0));
});

it('takes tensors that share memory, that are empty, and that were freed before', () => {
  const values = new Uint16Array(8);
  const halves = [new Tensor('uint16', values.subarray(0, 4), [4]), new Tensor('uint16', values.subarray(4), [4])];
  const empty = new Tensor('float32', new Float32Array(0), [1, 0]);
  freeTensors([...halves, empty]);
  freeTensors(halves);
  expect(values.length).toBe(0);
});
