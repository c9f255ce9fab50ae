import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cocoMask } from '../../../src-main/core/evaluate/coco-mask.ts';
import { PythonProcess, pythonMissing } from '../../support/python.ts';

const reason = pythonMissing(['numpy', 'PIL', 'pycocotools']);
const width = 97;
const height = 64;

const polygons: [name: string, polygons: number[][]][] = [
  ['a box on pixel edges', [[10, 8, 40, 8, 40, 30, 10, 30]]],
  ['a box between pixels', [[10.4, 8.6, 40.2, 8.3, 41.7, 30.9, 9.6, 31.5]]],
  ['a triangle', [[5, 5, 80.3, 20.7, 30.1, 60.2]]],
  ['a thin sliver', [[5, 5, 90, 6.2, 90, 7.1]]],
  ['a concave outline', [[5, 5, 60, 5, 60, 50, 40, 20, 20, 50, 5, 50]]],
  ['over the edge of the image', [[-20, -10, 130, 20, 60, 90]]],
  ['two parts that overlap', [[5, 5, 40, 5, 40, 40, 5, 40], [30, 30, 70, 30, 70, 60, 30, 60]]], // prettier-ignore
];

describe.skipIf(reason !== null)(`COCO masks${reason === null ? '' : ` (skipped: ${reason})`}`, () => {
  let python: PythonProcess;

  beforeAll(() => {
    python = new PythonProcess(resolve(import.meta.dirname, '../../support/evaluation_oracle.py'));
  });

  afterAll(() => {
    python.close();
  });

  it.each(polygons)('fills %s as pycocotools does', async (_, parts) => {
    const { mask } = await python.ask({ do: 'polygons', polygons: parts, width, height });
    const ours = cocoMask([parts], { width, height });
    const different = (mask as number[]).filter((value, index) => value !== ours[index]).length;
    expect(different).toBe(0);
    expect(ours).toContain(1);
  });
});
