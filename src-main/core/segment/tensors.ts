import { float16ToFloat32, float32ToFloat16 } from '../inference/float16.ts';
import { Tensor } from '../inference/session.ts';
import { Think2SegError } from '../../contract/errors.ts';

/** A float tensor of the type a model wants. float32 data are not copied. */
export function floatTensor(
  type: 'float32' | 'float16' | 'int64' | 'int32',
  data: Float32Array,
  shape: readonly number[],
): Tensor {
  switch (type) {
    case 'float32':
      return new Tensor('float32', data, shape);
    case 'float16':
      return new Tensor('float16', float32ToFloat16(data), shape);
    case 'int32':
      return new Tensor('int32', Int32Array.from(data), shape);
    case 'int64':
      return new Tensor('int64', BigInt64Array.from(data, BigInt), shape);
  }
}

/** The values of a float32 or float16 tensor; float32 data are not copied. */
export function floatValues(tensor: Tensor): Float32Array {
  const { data } = tensor;
  if (data instanceof Float32Array) {
    return data;
  }
  if (tensor.type === 'float16') {
    // Newer Node versions have a Float16Array and get it from ONNX Runtime.
    return data instanceof Uint16Array ? float16ToFloat32(data) : Float32Array.from(data as Iterable<number>);
  }
  throw new Think2SegError(
    'PACK_FOREIGN',
    `the segmenter answers in ${tensor.type}, expected float32 or float16; use another conversion`,
  );
}
