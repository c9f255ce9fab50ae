/** The two passes of a resize, which run as WebAssembly (`resize-kernel.wat`) in a memory that is kept for the next image. */
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

let loaded: ResizeKernel | null = null;

function kernel(): ResizeKernel {
  loaded ??= loadKernel(wasmBase64) as unknown as ResizeKernel;
  return loaded;
}

/** Puts the plan at 0 and returns where a source and a target of these sizes have room behind it. */
function makeRoom(kernel: ResizeKernel, { entries }: AxisPlan, sourceBytes: number, targetBytes: number) {
  const source = entries.byteLength;
  const target = source + sourceBytes + slackBytes;
  const bytes = kernelBytes(kernel, target + targetBytes + slackBytes);
  new Int32Array(bytes.buffer, 0, entries.length).set(entries);
  return { source, target, bytes };
}

/** Resizes each row of interleaved RGB; `plan` gives `targetRowBytes / 3` pixels. */
export function resizeRows(
  data: Uint8Array,
  sourceRowBytes: number,
  plan: AxisPlan,
  targetRowBytes: number,
): Uint8Array {
  const passes = kernel();
  const rows = data.length / sourceRowBytes;
  const stripRows = Math.min(rows, Math.max(1, Math.floor(stripBytes / sourceRowBytes)));
  const { source, target, bytes } = makeRoom(passes, plan, stripRows * sourceRowBytes, stripRows * targetRowBytes);
  const { byteLength: planEnd } = plan.entries;
  const result = new Uint8Array(rows * targetRowBytes);
  for (let row = 0; row < rows; row += stripRows) {
    const strip = data.subarray(row * sourceRowBytes, (row + stripRows) * sourceRowBytes);
    bytes.set(strip, source);
    passes.resizeRows(source, source + strip.length, sourceRowBytes, 0, planEnd, plan.entryLength * 4, target);
    const made = (strip.length / sourceRowBytes) * targetRowBytes;
    result.set(bytes.subarray(target, target + made), row * targetRowBytes);
  }
  return result;
}

/** Resizes the columns of rows of `rowBytes`; the steps of `plan` are rows. */
export function resizeColumns(data: Uint8Array, rowBytes: number, plan: AxisPlan): Uint8Array {
  const passes = kernel();
  const { byteLength: planEnd, length } = plan.entries;
  const targetBytes = (length / plan.entryLength) * rowBytes;
  const { source, target, bytes } = makeRoom(passes, plan, data.length, targetBytes);
  bytes.set(data, source);
  passes.resizeColumns(source, rowBytes, 0, planEnd, plan.entryLength * 4, target);
  return bytes.slice(target, target + targetBytes);
}
