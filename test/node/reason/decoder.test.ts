import { describe, expect, it } from 'vitest';
import { float32ToFloat16 } from '../../../src-main/core/inference/float16.ts';
import { type InferenceSession, Tensor, type ValueMetadata } from '../../../src-main/core/inference/session.ts';
import { Decoder } from '../../../src-main/core/reason/decoder.ts';

const vocabulary = 5;
const hidden = 4;

interface FakeOptions {
  real?: 'float32' | 'float16';
  mask?: 'int64' | 'int32' | 'bool';
  positionsRank?: 0 | 2 | 3;
  keep?: boolean;
  /** Heads and head size are written as names, as some exporters do. */
  namedSizes?: boolean;
  extraInput?: string;
}

type Feeds = Record<string, Tensor>;

/** A model that counts: key caches hold the number of each token, logits point at the length of the sequence. */
function fakeSession(options: FakeOptions = {}): {
  session: InferenceSession;
  /** What each run was given, copied since the decoder frees it, and what it returned. */
  calls: { feeds: Feeds; outputs: readonly string[]; results: Feeds }[];
} {
  const { real = 'float32', mask = 'int64', positionsRank = 3, keep = true, namedSizes = false } = options;
  const value = (name: string, type: Tensor.Type, shape: (number | string)[]): ValueMetadata => ({
    name,
    isTensor: true,
    type,
    shape,
  });
  const cacheShape = namedSizes ? ['b', 'heads', 'past', 'size'] : ['b', 2, 'past', 3];
  const caches = ['0.key', '0.value'];
  const inputMetadata = [
    value('inputs_embeds', real, ['b', 's', hidden]),
    value('attention_mask', mask, ['b', 't']),
    ...(positionsRank === 0 ? [] : [value('position_ids', 'int64', positionsRank === 3 ? [3, 'b', 's'] : ['b', 's'])]),
    ...(keep ? [value('num_logits_to_keep', 'int64', [])] : []),
    ...caches.map((name) => value(`past_key_values.${name}`, real, cacheShape)),
    ...(options.extraInput === undefined ? [] : [value(options.extraInput, 'float32', [1])]),
  ];
  const outputMetadata = [
    value('logits', real, ['b', 'n', vocabulary]),
    ...caches.map((name) => value(`present.${name}`, real, cacheShape)),
  ];
  const make = (values: Float32Array, dims: number[]): Tensor =>
    real === 'float32' ? new Tensor(real, values, dims) : new Tensor(real, float32ToFloat16(values), dims);
  const calls: { feeds: Feeds; outputs: readonly string[]; results: Feeds }[] = [];
  const session: InferenceSession = {
    modelPath: 'fake.onnx',
    provider: 'cpu',
    inputNames: inputMetadata.map((input) => input.name),
    outputNames: outputMetadata.map((output) => output.name),
    inputMetadata,
    outputMetadata,
    run(feeds, outputs = []) {
      const count = feeds['inputs_embeds']!.dims[1]!;
      const total = feeds['attention_mask']!.dims[1]!;
      const rows = keep ? 1 : count;
      const logits = new Float32Array(rows * vocabulary);
      logits[(rows - 1) * vocabulary + (total % vocabulary)] = 2;
      const cache = Float32Array.from(
        { length: 2 * total * 3 },
        (_, i) => 100 * Math.floor(i / total / 3) + (Math.floor(i / 3) % total),
      );
      const result: Feeds = { logits: make(logits, [1, rows, vocabulary]) };
      for (const name of caches) {
        result[`present.${name}`] = make(cache.slice(), [1, 2, total, 3]);
      }
      const results = Object.fromEntries(outputs.map((name) => [name, result[name]!]));
      calls.push({ feeds: copyOf(feeds), outputs, results });
      return Promise.resolve(results);
    },
    release: () => Promise.resolve(),
  };
  return { session, calls };
}

function copyOf(feeds: Feeds): Feeds {
  return Object.fromEntries(
    Object.entries(feeds).map(([name, { type, data, dims }]) => [
      name,
      new Tensor(type, (data as Float32Array).slice(), dims),
    ]),
  );
}

const shape = { kvHeads: 2, headSize: 3 };
const axes = (first: number, count: number): [Int32Array, Int32Array, Int32Array] => [
  Int32Array.from({ length: count }, (_, i) => first + i),
  Int32Array.from({ length: count }, (_, i) => first + i + 10),
  Int32Array.from({ length: count }, (_, i) => first + i + 20),
];
const numbers = (tensor: Tensor): number[] => Array.from(tensor.data as BigInt64Array, Number);

describe('Decoder', () => {
  it('feeds what the model asks for', async () => {
    const { session, calls } = fakeSession();
    const decoder = new Decoder(session, shape);
    expect(await decoder.append(new Float32Array(3 * hidden), axes(0, 3), false)).toBeNull();
    const logits = await decoder.append(new Float32Array(hidden), axes(3, 1), true);
    expect([...logits!]).toEqual([0, 0, 0, 0, 2]);
    const [first, second] = calls;
    expect(first!.outputs).toEqual(['present.0.key', 'present.0.value']);
    expect(first!.feeds['past_key_values.0.key']!.dims).toEqual([1, 2, 0, 3]);
    expect(first!.feeds['position_ids']!.dims).toEqual([3, 1, 3]);
    expect(numbers(first!.feeds['position_ids']!)).toEqual([0, 1, 2, 10, 11, 12, 20, 21, 22]);
    expect(numbers(first!.feeds['attention_mask']!)).toEqual([1, 1, 1]);
    expect(first!.feeds['num_logits_to_keep']!.dims).toEqual([]);
    expect(second!.feeds['past_key_values.0.value']!.dims).toEqual([1, 2, 3, 3]);
    expect(numbers(second!.feeds['attention_mask']!)).toEqual([1, 1, 1, 1]);
    expect(decoder.length).toBe(4);
  });

  it('reads the last row where all logits come', async () => {
    const { session, calls } = fakeSession({ keep: false });
    const logits = await new Decoder(session, shape).append(new Float32Array(3 * hidden), axes(0, 3), true);
    expect([...logits!]).toEqual([0, 0, 0, 2, 0]);
    expect(calls[0]!.feeds).not.toHaveProperty('num_logits_to_keep');
  });

  it('works in half precision, caches included, without a Float16Array in the engine', async () => {
    const { session, calls } = fakeSession({ real: 'float16' });
    const decoder = new Decoder(session, shape);
    const embeds = Float32Array.from({ length: 3 * hidden }, (_, i) => i / 4);
    expect([...(await decoder.append(embeds, axes(0, 3), true))!]).toEqual([0, 0, 0, 2, 0]);
    const fed = calls[0]!.feeds['inputs_embeds']!;
    expect(fed.type).toBe('float16');
    expect(Buffer.from((fed.data as Uint16Array).buffer)).toEqual(Buffer.from(float32ToFloat16(embeds).buffer));
    decoder.truncate(2);
    await decoder.append(new Float32Array(hidden), axes(2, 1), true);
    expect(calls[1]!.feeds['past_key_values.0.key']).toMatchObject({ type: 'float16', dims: [1, 2, 2, 3] });
  });

  it('keeps the first tokens of every head when it forgets the rest', async () => {
    const { session, calls } = fakeSession();
    const decoder = new Decoder(session, shape);
    await decoder.append(new Float32Array(4 * hidden), axes(0, 4), false);
    decoder.truncate(2);
    expect(decoder.length).toBe(2);
    await decoder.append(new Float32Array(hidden), axes(2, 1), true);
    const kept = calls[1]!.feeds['past_key_values.0.key']!;
    expect([...(kept.data as Float32Array)]).toEqual([0, 0, 0, 1, 1, 1, 100, 100, 100, 101, 101, 101]);
    decoder.truncate(0);
    await decoder.append(new Float32Array(hidden), axes(0, 1), true);
    expect(calls[2]!.feeds['past_key_values.0.key']!.dims).toEqual([1, 2, 0, 3]);
  });

  it('frees the caches and logits of the run before, and those it holds when it forgets or ends', async () => {
    const { session, calls } = fakeSession();
    const decoder = new Decoder(session, shape);
    const lengths = (call: number): number[] =>
      Object.values(calls[call]!.results).map(({ data }) => (data as Float32Array).length);
    await decoder.append(new Float32Array(2 * hidden), axes(0, 2), true);
    expect(lengths(0)).toEqual([vocabulary, 12, 12]);
    await decoder.append(new Float32Array(hidden), axes(2, 1), true);
    expect(lengths(0)).toEqual([0, 0, 0]);
    expect(lengths(1)).toEqual([vocabulary, 18, 18]);
    decoder.truncate(1);
    expect(lengths(1)).toEqual([0, 0, 0]);
    await decoder.append(new Float32Array(hidden), axes(1, 1), false);
    await decoder.dispose();
    expect(lengths(2)).toEqual([0, 0]);
  });

  it('counts tokens for a model with one axis of positions, and gives none to a model that counts itself', async () => {
    const oneAxis = fakeSession({ positionsRank: 2 });
    const decoder = new Decoder(oneAxis.session, shape);
    await decoder.append(new Float32Array(2 * hidden), axes(0, 2), false);
    await decoder.append(new Float32Array(2 * hidden), axes(50, 2), true);
    expect(oneAxis.calls[1]!.feeds['position_ids']!.dims).toEqual([1, 2]);
    expect(numbers(oneAxis.calls[1]!.feeds['position_ids']!)).toEqual([2, 3]);
    const none = fakeSession({ positionsRank: 0 });
    await new Decoder(none.session, shape).append(new Float32Array(hidden), axes(0, 1), true);
    expect(none.calls[0]!.feeds).not.toHaveProperty('position_ids');
  });

  it('takes 32-bit masks and cache sizes from config.json where the model names them only', async () => {
    const { session, calls } = fakeSession({ mask: 'int32', namedSizes: true });
    await new Decoder(session, { kvHeads: 2, headSize: 3 }).append(new Float32Array(hidden), axes(0, 1), true);
    expect(calls[0]!.feeds['attention_mask']).toMatchObject({ type: 'int32', dims: [1, 1] });
    expect(calls[0]!.feeds['past_key_values.0.key']!.dims).toEqual([1, 2, 0, 3]);
  });

  it.each([
    [{ extraInput: 'pixel_attention' }, /wants the input pixel_attention, expected inputs_embeds/],
    [{ mask: 'bool' }, /wants attention_mask as bool, expected int64 or int32/],
  ] as const)('refuses a model it cannot serve: %j', (options, message) => {
    expect(() => new Decoder(fakeSession(options).session, shape)).toThrow(message);
  });
});
