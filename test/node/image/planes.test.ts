import { expect, it } from 'vitest';
import { colorPlanes } from '../../../src-main/core/image/planes.ts';

it.each([1, 255, 65_536, 200_001])('puts the values of %s pixels into a plane for each colour', (pixels) => {
  const data = Uint8Array.from({ length: pixels * 3 }, (_, at) => (at * 37) >> 3);
  const table = (factor: number): Float32Array =>
    Float32Array.from({ length: 256 }, (_, sample) => sample / factor - 1);
  const tables = [table(3), table(7), table(11)] as const;
  const expected = Float32Array.from({ length: pixels * 3 }, (_, at) => {
    const color = Math.floor(at / pixels);
    return tables[color]![data[(at % pixels) * 3 + color]!]!;
  });
  expect(Buffer.compare(Buffer.from(colorPlanes(data, tables).buffer), Buffer.from(expected.buffer))).toBe(0);
});
