/** How much memory this process may still take, and who says so: the machine, its cgroup, or the user. */
import { readFileSync } from 'node:fs';
import { freemem, totalmem } from 'node:os';
import { cgroupMemoryFree } from './cgroup.ts';

export interface AvailableMemory {
  readonly bytes: number;
  /** Whose limit is the tightest. */
  readonly limit: 'machine' | 'cgroup' | 'option';
}

/** Decoded blocks of a raster that are kept for the next window; a window of any size is assembled from fewer. */
const mostBlockBytes = 192 * 1024 * 1024;

/** The share of the user's limit that is kept for those blocks. */
const blockShare = 1 / 8;

/** What the program that started this process takes. */
const starterBytes = 80e6;

/** ONNX Runtime, tokenizer and program: once in a process, however many models it holds. Every estimate of a model counts it. */
export const programBytes = 150e6;

/** Of the whole process, and so one for all models, lanes and caches in it. */
let limitBytes: number | null = null;

/** Sets how much this process may take in all; null: as much as there is. Raises no limit of the machine or of a cgroup. */
export function limitMemory(bytes: number | null): void {
  limitBytes = bytes;
}

/** What `limitMemory` set last. */
export function memoryLimitBytes(): number | null {
  return limitBytes;
}

/** How many bytes of decoded blocks a raster that is opened now may keep. */
export function blockCacheBytes(): number {
  return limitBytes === null ? mostBlockBytes : Math.min(mostBlockBytes, Math.floor(limitBytes * blockShare));
}

/** Bytes this process may still take: the least of what the machine, the cgroup and the user give. */
export function availableMemory(): AvailableMemory {
  const limits: AvailableMemory[] = [
    { bytes: machineMemoryFree(), limit: 'machine' },
    { bytes: cgroupMemoryFree() ?? Infinity, limit: 'cgroup' },
    { bytes: limitBytes === null ? Infinity : leftOf(limitBytes), limit: 'option' },
  ];
  return limits.reduce((tightest, next) => (next.bytes < tightest.bytes ? next : tightest));
}

function leftOf(bytes: number): number {
  const taken = Math.max(0, process.memoryUsage.rss() - programBytes);
  return Math.max(0, bytes - starterBytes - taken - blockCacheBytes());
}

/** On Linux the kernel's own estimate, which counts cache it can drop. */
function machineMemoryFree(): number {
  if (process.platform === 'linux') {
    const kibibytes = /^MemAvailable:\s+(\d+) kB$/mu.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1];
    if (kibibytes !== undefined) {
      return Number(kibibytes) * 1024;
    }
  }
  // macOS keeps nearly all memory filled with cache it drops on demand, and counts only the rest as free.
  return process.platform === 'darwin' ? Math.max(freemem(), totalmem() / 2) : freemem();
}
