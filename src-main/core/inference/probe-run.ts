import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { ProviderName, ProviderReport } from '../../contract/provider.ts';
import { convByThrees } from './conv-by-threes.ts';
import { explainDriverFailure } from './driver-failure.ts';
import { openSession, Tensor, type InferenceSession } from './session.ts';

/** What the parent asks of a probe process. */
export interface ProbeRequest {
  readonly provider: ProviderName;
  /** Folder with the probe models. */
  readonly probeDirectory: string;
  readonly threads: number;
  /** True: a provider that is slower than the CPU is not examined further. */
  readonly stopIfSlow: boolean;
}

interface ProbeModel {
  readonly name: string;
  readonly dims: readonly number[];
  /** The one operator this model is about; null for the model that every provider must get right. */
  readonly operator: string | null;
}

const coreProbe: ProbeModel = { name: 'probe', dims: [1, 3, 32, 32], operator: null };

const operatorProbes: readonly ProbeModel[] = [
  { name: 'probe_gqa', dims: [1, 64, 32], operator: 'GroupQueryAttention' },
  { name: 'probe_conv3', dims: [1, 6, 16, 16], operator: convByThrees },
  { name: 'probe_q4', dims: [1, 8, 128], operator: 'MatMulNBits' },
];

/**
 * Allowed difference as a share of the largest value. Reduced-precision matrix units (TF32) stay near 0.002 over this many
 * layers, half precision near 0.005; a wrong kernel is off by 0.05 and more.
 */
const tolerance = { full: 0.01, half: 0.03 };

/** Fewer than 0.7 GFLOP/s (four products of 128 x 128) is a driver that computes in software. */
const hopelessMs = 50;

/** Examines one provider by running models on it and on the CPU. May take the process down with it: run it in its own. */
export async function runProbe(request: ProbeRequest): Promise<ProviderReport> {
  const { provider } = request;
  try {
    return provider === 'cpu' ? await examineCpu(request) : await examine(request);
  } catch (error) {
    return { provider, works: false, reason: reasonOf(provider, error) };
  }
}

async function examineCpu(request: ProbeRequest): Promise<ProviderReport> {
  const bytes = await readFile(join(request.probeDirectory, 'probe_expected.f32'));
  const expected = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  const difference = compare(await answerOf(request, 'cpu', coreProbe, ''), expected);
  if (difference.relative > tolerance.full) {
    return wrongResult('cpu', difference, 'the values that were stored with the probe');
  }
  return { provider: 'cpu', works: true, maxDifference: difference.absolute, supportsFp16: true };
}

async function examine(request: ProbeRequest): Promise<ProviderReport> {
  const { provider } = request;
  const speed = await measureSpeed(request);
  const slow = speed.providerMs >= speed.cpuMs;
  const slowReason =
    `slower than the CPU (${speed.providerMs.toFixed(1)} ms against ${speed.cpuMs.toFixed(1)} ms for the same ` +
    'matrix products), probably a driver that computes in software';
  if (slow && request.stopIfSlow) {
    return { provider, works: false, reason: slowReason, speed };
  }

  const difference = compare(
    await answerOf(request, provider, coreProbe, ''),
    await answerOf(request, 'cpu', coreProbe, ''),
  );
  if (difference.relative > tolerance.full) {
    return { ...wrongResult(provider, difference, 'the CPU'), speed };
  }

  const half = await failureOf(request, coreProbe, '_fp16');
  const wrongOperators: string[] = [];
  const remarks: string[] = slow ? [slowReason] : [];
  if (half !== null) {
    remarks.push(`no fp16 (${half})`);
  }
  for (const probe of operatorProbes) {
    const failure =
      (await failureOf(request, probe, '')) ?? (half === null ? await failureOf(request, probe, '_fp16') : null);
    if (failure !== null && probe.operator !== null) {
      wrongOperators.push(probe.operator);
      remarks.push(`not for models with ${probe.operator} (${failure})`);
    }
  }
  return {
    provider,
    works: true,
    maxDifference: difference.absolute,
    supportsFp16: half === null,
    speed,
    ...(wrongOperators.length === 0 ? {} : { wrongOperators }),
    ...(remarks.length === 0 ? {} : { reason: remarks.join('; ') }),
  };
}

/** Why the provider cannot be trusted with one probe; null when it agrees with the CPU. */
async function failureOf(request: ProbeRequest, probe: ProbeModel, suffix: '' | '_fp16'): Promise<string | null> {
  const expected = await answerOf(request, 'cpu', probe, suffix);
  try {
    const difference = compare(await answerOf(request, request.provider, probe, suffix), expected);
    return difference.relative > (suffix === '' ? tolerance.full : tolerance.half)
      ? `off by ${difference.absolute.toPrecision(2)} from the CPU, values reach ${difference.range.toPrecision(2)}`
      : null;
  } catch (error) {
    return reasonOf(request.provider, error);
  }
}

async function answerOf(
  request: ProbeRequest,
  provider: ProviderName,
  probe: ProbeModel,
  suffix: string,
): Promise<Float32Array> {
  const path = join(request.probeDirectory, `${probe.name}${suffix}.onnx`);
  return withSession(path, provider, request.threads, (session) => runOnce(session, probe.dims, 1));
}

/** Best of the runs after the first, which compiles kernels. Grows the product only when the small one was quick. */
async function measureSpeed(request: ProbeRequest): Promise<{ providerMs: number; cpuMs: number }> {
  const path = join(request.probeDirectory, 'probe_speed.onnx');
  const time = (provider: ProviderName, side: number, runs: number): Promise<number> =>
    withSession(path, provider, request.threads, async (session) => {
      await runOnce(session, [side, side], 1 / Math.sqrt(side));
      let best = Infinity;
      for (let run = 0; run < runs; run++) {
        const start = performance.now();
        await runOnce(session, [side, side], 1 / Math.sqrt(side));
        best = Math.min(best, performance.now() - start);
      }
      return best;
    });
  const small = await time(request.provider, 128, 1);
  if (small > hopelessMs) {
    return { providerMs: small, cpuMs: await time('cpu', 128, 3) };
  }
  return { providerMs: await time(request.provider, 1024, 3), cpuMs: await time('cpu', 1024, 2) };
}

async function withSession<Result>(
  path: string,
  provider: ProviderName,
  threads: number,
  use: (session: InferenceSession) => Promise<Result>,
): Promise<Result> {
  const session = await openSession(path, { provider, threads });
  try {
    return await use(session);
  } finally {
    await session.release();
  }
}

/** The probe's input is the same in every language: `((i * 7919) mod 2003) / 1001.5 - 1`, times `scale`. */
async function runOnce(session: InferenceSession, dims: readonly number[], scale: number): Promise<Float32Array> {
  const values = new Float32Array(dims.reduce((product, side) => product * side, 1));
  for (let i = 0; i < values.length; i++) {
    values[i] = scale * (((i * 7919) % 2003) / 1001.5 - 1);
  }
  const { y } = await session.run({ x: new Tensor('float32', values, dims) });
  if (y?.type !== 'float32') {
    throw new TypeError(`${session.modelPath}: got output y of type ${y?.type ?? 'none'}, expected float32`);
  }
  return y.data as Float32Array;
}

interface Difference {
  absolute: number;
  relative: number;
  range: number;
}

function compare(values: Float32Array, expected: Float32Array): Difference {
  let absolute = values.length === expected.length ? 0 : Infinity;
  let range = 0;
  for (let i = 0; i < expected.length && absolute < Infinity; i++) {
    const difference = Math.abs(values[i]! - expected[i]!);
    // NaN compares false with everything; a provider that answers NaN must not pass.
    absolute = Number.isNaN(difference) ? Infinity : Math.max(absolute, difference);
    range = Math.max(range, Math.abs(expected[i]!));
  }
  return { absolute, relative: absolute / range, range };
}

function wrongResult(provider: ProviderName, difference: Difference, against: string): ProviderReport {
  return {
    provider,
    works: false,
    reason: `computes wrong: off by ${difference.absolute.toPrecision(2)} from ${against}, values reach ${difference.range.toPrecision(2)}`,
    maxDifference: difference.absolute,
  };
}

function reasonOf(provider: ProviderName, error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  // Our own message names the model and what to do; inside a table only ONNX Runtime's own reason is of use.
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : message;
  return explainDriverFailure(provider, cause).slice(0, 160);
}
