/**
 * IEEE 754 half precision. JavaScript engines of this product's Node versions have no Float16Array, so ONNX Runtime
 * hands half-precision tensors over as Uint16Array: one sign bit, five exponent bits (bias 15), ten mantissa bits.
 */

const scratchFloat = new Float32Array(1);
const scratchBits = new Uint32Array(scratchFloat.buffer);

/** All 65,536 half-precision values, made at first use: a table is several times faster than bit arithmetic. */
let valueByBits: Float32Array | undefined;

function makeValueTable(): Float32Array {
  const table = new Float32Array(65_536);
  for (let bits = 0; bits < 65_536; bits++) {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 0x1f;
    const mantissa = bits & 0x3ff;
    if (exponent === 0) {
      table[bits] = sign * mantissa * 2 ** -24;
    } else if (exponent === 31) {
      table[bits] = mantissa === 0 ? sign * Infinity : NaN;
    } else {
      table[bits] = sign * (1 + mantissa / 1024) * 2 ** (exponent - 15);
    }
  }
  return table;
}

/** Half-precision bits to numbers; exact. `out`, if given, needs at least `bits.length` places. */
export function float16ToFloat32(bits: Uint16Array, out = new Float32Array(bits.length)): Float32Array {
  valueByBits ??= makeValueTable();
  for (let i = 0; i < bits.length; i++) {
    out[i] = valueByBits[bits[i]!]!;
  }
  return out;
}

/**
 * Numbers to half-precision bits, rounded to nearest with ties to even, as numpy's `astype(float16)` does: what is too
 * large becomes infinity, what is too small becomes a subnormal or a signed zero, NaN stays NaN.
 */
export function float32ToFloat16(values: Float32Array, out = new Uint16Array(values.length)): Uint16Array {
  for (let i = 0; i < values.length; i++) {
    scratchFloat[0] = values[i]!;
    out[i] = halfBitsOf(scratchBits[0]!);
  }
  return out;
}

function halfBitsOf(floatBits: number): number {
  const sign = (floatBits >>> 16) & 0x8000;
  const magnitude = floatBits & 0x7fffffff;
  if (magnitude > 0x7f800000) {
    return sign | 0x7e00;
  }
  // 65,520 lies halfway between the largest half (65,504) and the next power of two, and rounds up.
  if (magnitude >= 0x477ff000) {
    return sign | 0x7c00;
  }
  if (magnitude >= 0x38800000) {
    // Normal in both formats: rebias the exponent (127 - 15 = 112) and round away 13 mantissa bits.
    const rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1);
    return sign | ((rounded - (112 << 23)) >>> 13);
  }
  if (magnitude < 0x33000000) {
    return sign;
  }
  // Subnormal half: the implicit leading one becomes explicit, then all of it shifts right.
  const mantissa = (magnitude & 0x7fffff) | 0x800000;
  const shift = 126 - (magnitude >>> 23);
  const kept = mantissa >>> shift;
  const lost = mantissa & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  return sign | (lost > half || (lost === half && (kept & 1) === 1) ? kept + 1 : kept);
}
