/**
 * Name, among the operators of a model, for a convolution whose input channels are divisible by 3, not by 4, and more than 3.
 * It is an operator of its own here because the WebGPU kernel of ONNX Runtime 1.30 computes exactly these wrong (seen with 6, 9, 15 and
 * 18 channels; 3, 4, 5, 7, 8, 12, 16, 17 and 20 are right).
 */
export const convByThrees = 'Conv over 6, 9, 15, ... channels';

/** @param weightDims `[out, in / groups, kernel height, kernel width]` */
export function isConvByThrees(weightDims: readonly number[]): boolean {
  const [, channels = 0, ...kernel] = weightDims;
  // A kernel of one pixel is computed as a matrix product.
  return channels > 3 && channels % 3 === 0 && channels % 4 !== 0 && kernel.some((side) => side > 1);
}
