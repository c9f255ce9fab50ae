import { Think2SegError } from '../../contract/errors.ts';
import type { InferenceSession } from '../inference/session.ts';
import { realValues, wholeTensor, type WholeType, wholeTypeOf } from './tensor-values.ts';

/** For the session: rows are only copied, and an idle second thread would turn beside the decoder's. */
export const embedThreads = 1;

/** Rows that are kept: 16 MiB of a model with 2,048 values a token. */
const keptRows = 2048;

/**
 * The embedding table of a model. A row depends on its token alone, so the model is asked once for each: answers consist of few
 * different tokens, and a prompt has one token hundreds of times where the image goes.
 */
export class TokenEmbeddings {
  readonly #session: InferenceSession;
  readonly #idsType: WholeType;
  readonly #rows = new Map<number, Float32Array>();

  /** @throws Think2SegError PACK_FOREIGN when the model does not take `input_ids`. */
  constructor(session: InferenceSession) {
    this.#session = session;
    this.#idsType = wholeTypeOf(session, 'input_ids');
  }

  /**
   * @param ids one at least.
   * @returns `ids.length * hidden` values that belong to the caller.
   * @throws Think2SegError PACK_FOREIGN when the model does not return a row a token, INFERENCE_FAILED.
   */
  async of(ids: readonly number[]): Promise<Float32Array> {
    const distinct = [...new Set(ids)];
    if (distinct.some((id) => !this.#rows.has(id))) {
      if (this.#rows.size + distinct.length > keptRows) {
        this.#rows.clear();
      }
      await this.#ask(distinct.filter((id) => !this.#rows.has(id)));
    }
    const hidden = this.#rows.get(distinct[0]!)!.length;
    const embeds = new Float32Array(ids.length * hidden);
    ids.forEach((id, index) => embeds.set(this.#rows.get(id)!, index * hidden));
    return embeds;
  }

  async release(): Promise<void> {
    await this.#session.release();
  }

  async #ask(ids: readonly number[]): Promise<void> {
    const outputs = await this.#session.run({ input_ids: wholeTensor(this.#idsType, ids, [1, ids.length]) });
    const embeds = outputs[this.#session.outputNames[0] ?? 'inputs_embeds'];
    if (embeds === undefined || embeds.size % ids.length !== 0) {
      throw new Think2SegError(
        'PACK_FOREIGN',
        `model ${this.#session.modelPath} returned no embeddings, expected one row a token; use a conversion in the layout of transformers.js`,
      );
    }
    const values = realValues(embeds);
    const hidden = values.length / ids.length;
    ids.forEach((id, index) => this.#rows.set(id, values.slice(index * hidden, (index + 1) * hidden)));
  }
}
