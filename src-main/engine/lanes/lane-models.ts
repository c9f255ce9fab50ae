/** The models of a lane behind the ports of the pipeline, which does not know that they run in another thread. */
import { Think2SegError } from '../../contract/errors.ts';
import type {
  EncodedImage,
  InstanceMask,
  OnComputed,
  Reasoner,
  RgbImage,
  Segmenter,
  SegmenterPrompt,
} from '../../core/ports.ts';
import type { ModelLoaders } from '../../core/query/query-ports.ts';
import type { LaneThread } from './lane-thread.ts';

/** An image that the lane has encoded; it comes again when the lane has encoded others since. */
class LaneImage implements EncodedImage {
  readonly width: number;
  readonly height: number;
  readonly number: number;
  readonly image: RgbImage;

  constructor(number: number, image: RgbImage) {
    this.width = image.width;
    this.height = image.height;
    this.number = number;
    this.image = image;
  }

  free(): void {
    // The lane frees what it no longer keeps.
  }
}

/** One of the callers of a lane; each asks one question at a time. Models are loaded at the first use. */
export class LaneModels implements ModelLoaders {
  readonly #thread: LaneThread;
  #reasoner: Reasoner | null = null;
  #segmenter: Segmenter | null = null;

  constructor(thread: LaneThread) {
    this.#thread = thread;
  }

  async loadReasoner(signal: AbortSignal): Promise<Reasoner> {
    return (this.#reasoner ??= {
      ...(await this.#thread.call('openReasoner', null, signal)),
      reason: (request, options) => this.#thread.call('reason', request, options.signal),
      dispose: () => this.#thread.end(),
    });
  }

  async loadSegmenter(signal: AbortSignal): Promise<Segmenter> {
    return (this.#segmenter ??= {
      ...(await this.#thread.call('openSegmenter', null, signal)),
      encode: (image, encodeSignal, onComputed) =>
        this.#encode(new LaneImage(this.#thread.newImageNumber(), image), encodeSignal, onComputed),
      segment: (image, prompts, segmentSignal, onComputed) => this.#segment(image, prompts, segmentSignal, onComputed),
      dispose: () => this.#thread.end(),
    });
  }

  async #encode(encoded: LaneImage, signal: AbortSignal, onComputed?: OnComputed): Promise<LaneImage> {
    const { number: imageNumber, image } = encoded;
    const { computedMs } = await this.#thread.call('encode', { imageNumber, image }, signal);
    onComputed?.(computedMs);
    return encoded;
  }

  async #segment(
    encoded: EncodedImage,
    prompts: readonly SegmenterPrompt[],
    signal: AbortSignal,
    onComputed?: OnComputed,
  ): Promise<InstanceMask[]> {
    if (!(encoded instanceof LaneImage)) {
      throw new Think2SegError('INTERNAL', 'prompts came with an image that another segmenter encoded; encode it here');
    }
    const question = { imageNumber: encoded.number, prompts };
    for (;;) {
      const answer = await this.#thread.call('segment', question, signal);
      if (answer !== null) {
        onComputed?.(answer.computedMs);
        return [...answer.masks];
      }
      await this.#encode(encoded, signal, onComputed);
    }
  }
}
