import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPickle, toPlain } from '../../../src-main/core/evaluate/datasets/pickle.ts';
import { PythonProcess, pythonMissing } from '../../support/python.ts';

const reason = pythonMissing(['numpy', 'PIL', 'pycocotools']);

const values: [python: string, expected: unknown][] = [
  ['None', null],
  ['[True, False]', [true, false]],
  [
    '[0, 255, 256, 65535, 65536, -1, -70000, 1099511627776, -1099511627776]',
    [0, 255, 256, 65535, 65536, -1, -70000, 1099511627776, -1099511627776],
  ],
  ['[1.5, -0.25, 1e300]', [1.5, -0.25, 1e300]],
  [`["plain", "ü 北京 🛩", "quote ' and \\\\ \\n end", ""]`, ['plain', 'ü 北京 🛩', "quote ' and \\ \n end", '']],
  ['{"a": [1, (2, 3)], "b": {"c": ()}, 4: "four"}', { a: [1, [2, 3]], b: { c: [] }, 4: 'four' }],
];

describe.skipIf(reason !== null)(`pickles${reason === null ? '' : ` (skipped: ${reason})`}`, () => {
  let python: PythonProcess;

  beforeAll(() => {
    python = new PythonProcess(resolve(import.meta.dirname, '../../support/evaluation_oracle.py'));
  });

  afterAll(() => {
    python.close();
  });

  it.each(values)('reads %s in every protocol', async (value, expected) => {
    const { hex } = await python.ask({ do: 'pickle', value });
    for (const [protocol, bytes] of Object.entries(hex as Record<string, string>)) {
      expect(toPlain(readPickle(Buffer.from(bytes, 'hex'), 'x.p')), `protocol ${protocol}`).toEqual(expected);
    }
  });
});

describe('a pickle from elsewhere', () => {
  it.each([
    // os.system("true"), as a protocol 0 pickle writes it
    ['a call', Buffer.from('cos\nsystem\n(S"true"\ntR.')],
    ['a class by name on the stack', Buffer.from([0x80, 4, 0x8c, 2, 0x6f, 0x73, 0x8c, 1, 0x78, 0x93, 0x2e])],
    ['an object to build', Buffer.from('(dNb.')],
    ['an end that is missing', Buffer.from([0x80, 2, 0x58, 200, 0, 0, 0, 0x61])],
    ['nothing', Buffer.alloc(0)],
    ['a value that is not there', Buffer.from('.')],
    ['a memo that is empty', Buffer.from('h\u0005.')],
  ])('with %s is refused', (_, bytes) => {
    expect(() => readPickle(bytes, 'refs(unc).p')).toThrow(/^refs\(unc\)\.p: .*expected a pickle of plain/);
  });
});
