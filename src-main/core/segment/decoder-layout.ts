import { Think2SegError } from '../../contract/errors.ts';
import type { InferenceSession, ValueMetadata } from '../inference/session.ts';

type ElementType = 'float32' | 'float16' | 'int64' | 'int32';

/** An input of the mask decoder that this program knows how to fill. */
export interface DecoderInput {
  readonly name: string;
  readonly type: ElementType;
}

/** What a mask decoder takes and gives, found out from its metadata. */
export interface DecoderLayout {
  readonly points: DecoderInput;
  readonly labels: DecoderInput;
  /** Null: box corners go in as points with the labels 2 and 3, which means the same to SAM. */
  readonly boxes: DecoderInput | null;
  /** The model says that there are as many boxes as prompts: points alone are nothing to it. */
  readonly needsBoxes: boolean;
  /** Inputs that are outputs of the encoder, by the same name. */
  readonly embeddings: readonly DecoderInput[];
  /** A mask prompt with its own switch, always off. */
  readonly maskSwitch: {
    readonly mask: DecoderInput;
    readonly shape: readonly number[];
    readonly enabled: DecoderInput;
  } | null;
  readonly masksOutput: string;
  readonly scoresOutput: string;
  readonly maskSource: 'single-mask' | 'best-of-three';
}

const knownNames = {
  points: ['input_points', 'point_coords'],
  labels: ['input_labels', 'point_labels'],
  boxes: ['input_boxes'],
  mask: ['input_masks', 'mask_input'],
  maskEnabled: ['has_input_masks', 'has_mask_input', 'has_mask'],
} as const;

/**
 * Reads the layout of a mask decoder: the one transformers.js and our own exporter write, with or without `input_boxes`,
 * a switched mask prompt and the single-mask outputs.
 *
 * @throws {Think2SegError} PACK_FOREIGN naming the input or output that does not fit.
 */
export function readDecoderLayout(decoder: InferenceSession, encoderOutputs: readonly string[]): DecoderLayout {
  const byName = new Map(decoder.inputMetadata.map((input) => [input.name, input]));
  const take = (names: readonly string[]): ValueMetadata | null => {
    for (const name of names) {
      const found = byName.get(name);
      if (found !== undefined) {
        byName.delete(name);
        return found;
      }
    }
    return null;
  };
  const points = take(knownNames.points);
  const labels = take(knownNames.labels);
  const boxes = take(knownNames.boxes);
  const mask = take(knownNames.mask);
  const maskEnabled = take(knownNames.maskEnabled);
  const embeddings = encoderOutputs.map((name) => take([name])).filter((input) => input !== null);
  if (points === null || labels === null || embeddings.length === 0 || byName.size > 0 || (mask && !maskEnabled)) {
    throw foreign(
      decoder,
      `has the inputs ${decoder.inputNames.join(', ')}; expected input_points, input_labels, input_boxes and the ` +
        `encoder's outputs (${encoderOutputs.join(', ')})`,
    );
  }
  const outputs = outputsOf(decoder);
  return {
    points: knownInput(decoder, points),
    labels: knownInput(decoder, labels),
    boxes: boxes && knownInput(decoder, boxes),
    needsBoxes: boxes !== null && typeof countOf(boxes) === 'string' && countOf(boxes) === countOf(labels),
    embeddings: embeddings.map((input) => knownInput(decoder, input)),
    maskSwitch:
      mask && maskEnabled
        ? {
            mask: knownInput(decoder, mask),
            shape: staticShape(decoder, mask),
            enabled: knownInput(decoder, maskEnabled),
          }
        : null,
    ...outputs,
  };
}

/** Name or size of the dimension that counts prompts or boxes. */
function countOf(input: ValueMetadata): string | number | undefined {
  return input.isTensor ? input.shape[1] : undefined;
}

function outputsOf(decoder: InferenceSession): Pick<DecoderLayout, 'masksOutput' | 'scoresOutput' | 'maskSource'> {
  const has = (name: string): boolean => decoder.outputNames.includes(name);
  if (has('single_mask') && has('single_iou')) {
    return { masksOutput: 'single_mask', scoresOutput: 'single_iou', maskSource: 'single-mask' };
  }
  if (has('pred_masks') && has('iou_scores')) {
    return { masksOutput: 'pred_masks', scoresOutput: 'iou_scores', maskSource: 'best-of-three' };
  }
  throw foreign(
    decoder,
    `has the outputs ${decoder.outputNames.join(', ')}; expected pred_masks and iou_scores, or single_mask and single_iou`,
  );
}

function knownInput(decoder: InferenceSession, input: ValueMetadata): DecoderInput {
  if (input.isTensor) {
    const { name, type } = input;
    if (type === 'float32' || type === 'float16' || type === 'int64' || type === 'int32') {
      return { name, type };
    }
  }
  throw foreign(
    decoder,
    `takes ${input.isTensor ? input.type : 'no tensor'} as ${input.name}; expected float32, float16, int64 or int32`,
  );
}

/** Shape with unknown dimensions taken as 1, the batch of one image. */
function staticShape(decoder: InferenceSession, input: ValueMetadata): readonly number[] {
  if (!input.isTensor) {
    throw foreign(decoder, `takes no tensor as ${input.name}`);
  }
  return input.shape.map((size) => (typeof size === 'number' ? size : 1));
}

function foreign(decoder: InferenceSession, what: string): Think2SegError {
  return new Think2SegError(
    'PACK_FOREIGN',
    `mask decoder ${decoder.modelPath} ${what}; use a SAM 2 or 2.1 conversion in the layout of transformers.js`,
  );
}
