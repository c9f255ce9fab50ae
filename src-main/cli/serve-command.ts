/** `think2seg serve`: answers questions line by line with models that stay loaded. For programs, not for people. */
import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { Think2SegError } from '../contract/errors.ts';
import type { ServeInput, ServeReply } from '../contract/serve.ts';
import { removeScratch } from '../core/files/atomic-write.ts';
import { EngineChild } from './engine-child.ts';
import { installation } from './installation.ts';
import { queryOptions, readQueryOptions } from './query-options.ts';
import { readOptions } from './read-options.ts';
import { serveLines, type SegmentRequest } from './serve-lines.ts';
import { startEngine } from './start-engine.ts';
import { callEngine } from './with-engine.ts';

const options = {
  pack: queryOptions.pack,
  provider: queryOptions.provider,
  threads: queryOptions.threads,
} as const;

function defaultOf(name: 'mode' | 'simplify' | 'min-area' | 'connectivity'): string {
  return queryOptions[name].default;
}

export async function serveCommand(args: string[]): Promise<void> {
  const { values, positionals } = readOptions('serve', args, options);
  if (positionals.length > 0) {
    throw new Think2SegError('USAGE', `think2seg serve takes no arguments, got ${positionals.join(' ')}`);
  }
  const { packDirectory, provider, threads } = await readQueryOptions({
    ...values,
    mode: defaultOf('mode'),
    simplify: defaultOf('simplify'),
    'min-area': defaultOf('min-area'),
    connectivity: defaultOf('connectivity'),
  });
  const pack = await callEngine('pack.inspect', { directory: packDirectory });
  let engine = new EngineChild(startEngine);
  const segment: SegmentRequest = async (input, { signal, onProgress }) => {
    const scratchName = `${input.scratchName}-${randomUUID()}`;
    const used = engine;
    try {
      const request = { ...withAbsolutePaths(input), packDirectory, provider, threads, scratchName };
      return await used.call('query.segment', request, { signal, onProgress });
    } catch (thrown) {
      if (thrown instanceof Think2SegError && thrown.code === 'ENGINE_CRASHED') {
        // The first of the requests that died with it makes the next.
        engine = engine === used ? new EngineChild(startEngine) : engine;
        await removeUnfinished(input, scratchName);
      }
      throw thrown;
    }
  };
  try {
    reply({
      kind: 'ready',
      schema: 1,
      application: { name: 'think2seg', version: installation.version },
      pack: { id: pack.id, sha256: pack.sha256 },
    });
    await serveLines(process.stdin, reply, segment);
  } finally {
    await engine.kill();
    // An open stdin would keep the process after a shutdown.
    process.stdin.destroy();
  }
}

function reply(message: ServeReply): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

function withAbsolutePaths(input: ServeInput): ServeInput {
  return {
    ...input,
    rasterPath: resolve(input.rasterPath),
    outputPaths: input.outputPaths.map((path) => resolve(path)),
    maskPath: input.maskPath === null ? null : resolve(input.maskPath),
    overlayPath: input.overlayPath === null ? null : resolve(input.overlayPath),
  };
}

async function removeUnfinished(input: ServeInput, scratchName: string): Promise<void> {
  const { outputPaths, maskPath, overlayPath } = withAbsolutePaths(input);
  for (const path of [...outputPaths, maskPath, overlayPath]) {
    if (path !== null) {
      await removeScratch(path, scratchName);
    }
  }
}
