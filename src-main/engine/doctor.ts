/** What really works on this machine: every provider tried, memory measured, the pack checked file by file. */
import { totalmem } from 'node:os';
import { toThink2SegError } from '../contract/errors.ts';
import type { DoctorReport } from '../contract/doctor.ts';
import { availableMemory } from '../core/inference/available-memory.ts';
import { chooseAmong, probeProviders } from '../core/inference/providers.ts';
import { runtimeVersion } from '../core/inference/runtime.ts';
import { defaultThreads } from '../core/inference/threads.ts';
import { verifyPack } from '../core/pack/verify-pack.ts';
import { installation } from './installation.ts';
import { probeOptions } from './probe-options.ts';
import type { HandlerContext } from './serve.ts';

async function examinePack(directory: string, context: HandlerContext): Promise<DoctorReport['pack']> {
  try {
    const { id, ok, files } = await verifyPack(directory, context);
    const bad = files.filter(({ state }) => state !== 'ok' && state !== 'not-in-manifest');
    return ok
      ? {
          directory,
          state: 'ok',
          id,
          bytes: files.reduce((total, file) => total + (file.state === 'ok' ? file.bytes : 0), 0),
        }
      : { directory, state: 'damaged', id, problem: bad.map(({ path, state }) => `${path} (${state})`).join(', ') };
  } catch (thrown) {
    const error = toThink2SegError(thrown);
    if (error.code === 'CANCELLED' || error.code === 'INTERNAL') {
      throw thrown;
    }
    const state = error.code === 'PACK_NOT_FOUND' ? 'missing' : 'damaged';
    return { directory, state, problem: `${error.code}: ${error.message}` };
  }
}

export async function examineMachine(packDirectory: string, context: HandlerContext): Promise<DoctorReport> {
  const providers = await probeProviders({ ...probeOptions, signal: context.signal });
  const pack = await examinePack(packDirectory, context);
  const { provider, note } = chooseAmong(providers, pack.bytes);
  return {
    schema: 1,
    application: { name: 'think2seg', version: installation.version },
    platform: {
      os: process.platform,
      architecture: process.arch,
      node: process.versions.node,
      onnxruntime: await runtimeVersion(),
    },
    memory: { availableBytes: availableMemory().bytes, totalBytes: totalmem() },
    threads: defaultThreads(),
    providers,
    chosen: { provider, ...(note === undefined ? {} : { note }) },
    pack,
  };
}
