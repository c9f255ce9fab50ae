/** The two passes of a resize, which run as WebAssembly (`resize-kernel.wat`) in a memory that is kept for the next image. */
import type { RgbImage } from '../ports.ts';
import type { AxisPlan } from './axis-plan.ts';
import { kernelBytes, loadKernel, type Kernel } from '../wasm/kernel-memory.ts';
import { wasmBase64 } from './resize-kernel.wasm.ts';

interface ResizeKernel extends Kernel {
  readonly resizeRows: (
    source: number,
    sourceEnd: number,
    sourceRowBytes: number,
    plan: number,
    planEnd: number,
    entryBytes: number,
    target: number,
  ) => void;
  readonly resizeColumns: (
    source: number,
    rowBytes: number,
    plan: number,
    planEnd: number,
    entryBytes: number,
    target: number,
  ) => void;
}

/** What a pass may read and write behind an image. */
const slackBytes = 16;
/** Rows depend on nothing but themselves: so much of an image is in the kernel's memory at a time. */
const stripBytes = 1 << 20;

let kernel: ResizeKernel | null = null;

/** Interleaved RGB with the rows as `across` says, then the columns as `down` says; null leaves an axis as it is. */
export function resizePasses(
  { data, width, height }: RgbImage,
  across: AxisPlan | null,
  down: AxisPlan | null,
): Uint8Array {
  kernel ??= loadKernel(wasmBase64) as unknown as ResizeKernel;
  const sourceRowBytes = width * 3;
  const rowBytes = (across?.length ?? width) * 3;
  const stripRows = across === null ? 0 : Math.min(height, Math.max(1, Math.floor(stripBytes / sourceRowBytes)));
  const places = new Places();
  const acrossPlan = places.take(across?.entries.byteLength ?? 0);
  const downPlan = places.take(down?.entries.byteLength ?? 0);
  const strip = places.take(stripRows * sourceRowBytes);
  // One row more may be read: rows are taken in twos.
  const rows = places.take((height + 1) * rowBytes);
  const target = places.take((down?.length ?? 0) * rowBytes);
  const bytes = kernelBytes(kernel, places.end);

  if (across === null) {
    bytes.set(data, rows);
  } else {
    const { entries, entryLength } = across;
    new Int32Array(bytes.buffer, acrossPlan, entries.length).set(entries);
    const planEnd = acrossPlan + entries.byteLength;
    for (let row = 0; row < height; row += stripRows) {
      const stripData = data.subarray(row * sourceRowBytes, (row + stripRows) * sourceRowBytes);
      bytes.set(stripData, strip);
      const stripEnd = strip + stripData.length;
      kernel.resizeRows(strip, stripEnd, sourceRowBytes, acrossPlan, planEnd, entryLength * 4, rows + row * rowBytes);
    }
  }
  if (down === null) {
    return bytes.slice(rows, rows + height * rowBytes);
  }
  const { entries, entryLength } = down;
  new Int32Array(bytes.buffer, downPlan, entries.length).set(entries);
  kernel.resizeColumns(rows, rowBytes, downPlan, downPlan + entries.byteLength, entryLength * 4, target);
  return bytes.slice(target, target + down.length * rowBytes);
}

/** Places in a memory one behind the other, each at the start of a line of the processor's caches and with slack behind it. */
class Places {
  end = 0;

  take(byteLength: number): number {
    const at = this.end;
    this.end += 64 * Math.ceil((byteLength + slackBytes) / 64);
    return at;
  }
}
