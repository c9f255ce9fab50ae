import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type InferenceSession, openSession, Tensor } from '../../../src-main/core/inference/session.ts';
import { TokenEmbeddings } from '../../../src-main/core/reason/token-embeddings.ts';

const model = join(resolve(import.meta.dirname, '../../..'), 'models/nano/lvlm/onnx/embed_tokens.onnx');

describe('token embeddings', () => {
  let session: InferenceSession;
  let embeddings: TokenEmbeddings;

  beforeAll(async () => {
    session = await openSession(model, { provider: 'cpu', threads: 1 });
    embeddings = new TokenEmbeddings(session);
  });
  afterAll(() => embeddings.release());

  /** What the model itself returns for all of the tokens at once. */
  async function rowsOf(ids: readonly number[]): Promise<Float32Array> {
    const input = new Tensor('int64', BigInt64Array.from(ids, BigInt), [1, ids.length]);
    return (await session.run({ input_ids: input }))['inputs_embeds']!.data as Float32Array;
  }

  it('are those of the model, which is asked once for a token', async () => {
    const questions = [[7, 9000, 7, 7, 12, 9000], [12, 5, 7], [5]];
    const expected = await Promise.all(questions.map(rowsOf));
    const run = vi.spyOn(session, 'run');
    for (const [index, ids] of questions.entries()) {
      expect(await embeddings.of(ids)).toEqual(expected[index]);
    }
    expect(run.mock.calls.map(([feeds]) => feeds['input_ids']!.size)).toEqual([3, 1]);
    run.mockRestore();
  });

  it('belong to whoever asked', async () => {
    (await embeddings.of([7, 12])).fill(0);
    expect(await embeddings.of([7, 12])).toEqual(await rowsOf([7, 12]));
  });

  it('stay right when more tokens were met than are kept', async () => {
    const spread = (start: number, count: number): number[] => Array.from({ length: count }, (_, i) => start + 7 * i);
    for (const ids of [spread(0, 1500), spread(3000, 1500), spread(0, 3000), spread(0, 3)]) {
      expect(Buffer.from((await embeddings.of(ids)).buffer).equals(Buffer.from((await rowsOf(ids)).buffer))).toBe(true);
    }
  });
});
