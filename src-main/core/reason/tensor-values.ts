import { Think2SegError } from '../../contract/errors.ts';
import { float16ToFloat32, float32ToFloat16 } from '../inference/float16.ts';
import { type InferenceSession, Tensor, type ValueMetadata } from '../inference/session.ts';

/** Element types a model may want real numbers in. */
export type RealType = 'float32' | 'float16';
/** Element types a model may want whole numbers in. */
export type WholeType = 'int64' | 'int32';

type TensorMetadata = Extract<ValueMetadata, { isTensor: true }>;

/**
 * Type and shape of an input or output of a model.
 *
 * @throws Think2SegError PACK_FOREIGN when the model has none of that name.
 */
export function metadataOf(session: InferenceSession, kind: 'input' | 'output', name: string): TensorMetadata {
  const values = kind === 'input' ? session.inputMetadata : session.outputMetadata;
  const found = values.find((value) => value.name === name);
  if (found?.isTensor !== true) {
    const names = values.map((value) => value.name).join(', ');
    throw new Think2SegError(
      'PACK_FOREIGN',
      `model ${session.modelPath} has the ${kind}s ${names}, expected ${name}; use a conversion in the layout of transformers.js`,
    );
  }
  return found;
}

/** @throws Think2SegError PACK_FOREIGN when a model wants another type. */
export function realTypeOf(session: InferenceSession, name: string): RealType {
  return inputTypeAmong(['float32', 'float16'], session, name);
}

/** @throws Think2SegError PACK_FOREIGN when a model wants another type. */
export function wholeTypeOf(session: InferenceSession, name: string): WholeType {
  return inputTypeAmong(['int64', 'int32'], session, name);
}

function inputTypeAmong<Type extends string>(types: readonly Type[], session: InferenceSession, name: string): Type {
  const wanted = metadataOf(session, 'input', name).type;
  const found = types.find((type) => type === (wanted as string));
  if (found === undefined) {
    throw new Think2SegError(
      'PACK_FOREIGN',
      `model ${session.modelPath} wants ${name} as ${wanted}, expected ${types.join(' or ')}; use a conversion with such inputs`,
    );
  }
  return found;
}

export function realTensor(type: RealType, values: Float32Array, dims: readonly number[]): Tensor {
  return type === 'float32' ? new Tensor(type, values, dims) : new Tensor(type, float32ToFloat16(values), dims);
}

export function wholeTensor(type: WholeType, values: ArrayLike<number>, dims: readonly number[]): Tensor {
  if (type === 'int32') {
    return new Tensor(type, Int32Array.from(values), dims);
  }
  const wide = new BigInt64Array(values.length);
  for (let i = 0; i < wide.length; i++) {
    wide[i] = BigInt(values[i]!);
  }
  return new Tensor(type, wide, dims);
}

/** All ones. */
export function onesTensor(type: WholeType, dims: readonly number[]): Tensor {
  const size = dims.reduce((product, dim) => product * dim, 1);
  return type === 'int32'
    ? new Tensor(type, new Int32Array(size).fill(1), dims)
    : new Tensor(type, new BigInt64Array(size).fill(1n), dims);
}

/** The bits of a half-precision tensor; newer engines show them as Float16Array, older ones as Uint16Array. */
export function halfBits(tensor: Tensor): Uint16Array {
  const { data } = tensor as { data: ArrayBufferView & { readonly length: number } };
  return data instanceof Uint16Array ? data : new Uint16Array(data.buffer, data.byteOffset, data.length);
}

/** Values of a real tensor from `start` to `end` (elements), in single precision; a view where no conversion is needed. */
export function realValues(tensor: Tensor, start = 0, end = tensor.size): Float32Array {
  if (tensor.type === 'float32') {
    return (tensor.data as Float32Array).subarray(start, end);
  }
  if (tensor.type === 'float16') {
    return float16ToFloat32(halfBits(tensor).subarray(start, end));
  }
  throw new Think2SegError('PACK_FOREIGN', `a model returned ${tensor.type} values, expected float32 or float16`);
}
