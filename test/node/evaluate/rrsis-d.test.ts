/** Which records of RRSIS-D are usable. That usable ones give the published figures shows in protocol.test.ts. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { listRrsisD } from '../../../src-main/core/evaluate/datasets/rrsis-d.ts';

type Plain = number | string | readonly Plain[] | { readonly [key: string]: Plain };

/** Protocol 0 of Python's pickle, without its end. */
function pickled(value: Plain): string {
  if (typeof value === 'number') {
    return `I${value}\n`;
  }
  if (typeof value === 'string') {
    return `V${value}\n`;
  }
  return Array.isArray(value)
    ? `(l${value.map((item: Plain) => `${pickled(item)}a`).join('')}`
    : `(d${Object.entries(value)
        .map(([key, item]) => `${pickled(key)}${pickled(item)}s`)
        .join('')}`;
}

const folder = mkdtempSync(join(tmpdir(), 't2s-rrsisd-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const images = join(folder, 'images/rrsisd/JPEGImages');
mkdirSync(images, { recursive: true });
mkdirSync(join(folder, 'rrsisd'));
writeFileSync(join(images, '7.jpg'), '');

const triangle = [[0, 0, 9, 0, 0, 9]];
writeFileSync(
  join(folder, 'rrsisd/instances.json'),
  JSON.stringify({
    images: [{ id: 7, file_name: '7.jpg' }],
    annotations: [
      { id: 1, category_id: 3, segmentation: triangle },
      { id: 2, category_id: 3, segmentation: [] },
    ],
    categories: [{ id: 3, name: 'dam' }],
  }),
);

function ref(refId: number, changes: Record<string, Plain> = {}): Plain {
  return { ref_id: refId, ann_id: 1, image_id: 7, split: 'test', sentences: [{ sent: 'a dam' }], ...changes };
}

function list(...refs: Plain[]): ReturnType<typeof listRrsisD> {
  writeFileSync(join(folder, 'rrsisd/refs(unc).p'), `${pickled(refs)}.`);
  return listRrsisD(folder, 'test');
}

describe('listRrsisD', () => {
  it('lists what is wrong with single records and keeps the others', async () => {
    const blank = { sentences: [{ sent: ' ' }] };
    const { samples, problems } = await list(ref(1), ref(2, blank), ref(3, { ann_id: 2 }), ref(4, { ann_id: 9 }));
    expect(samples).toMatchObject([{ id: '000001', questions: ['a dam.'], className: 'dam' }]);
    expect(problems.map(({ id, problem }) => [id, problem.replace(/\(.*/, '')])).toEqual([
      ['000002', 'has no usable ref '],
      ['000003', 'has no usable mask '],
      ['000004', 'has no mask '],
    ]);
  });

  it('does not mind records of other splits', async () => {
    const { samples, problems } = await list(ref(1), ref(2, { split: 'train', sentences: [] }));
    expect([samples.length, problems]).toEqual([1, []]);
  });

  it('counts an id once', async () => {
    const { samples, problems } = await list(ref(1), ref(1, { sentences: [{ sent: 'another' }] }));
    expect(samples.map(({ questions }) => questions)).toEqual([['a dam.']]);
    expect(problems).toMatchObject([{ id: '000001', problem: expect.stringContaining('more than once') as string }]);
  });
});
