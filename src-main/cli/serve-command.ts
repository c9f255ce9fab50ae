/** `think2seg serve`: answers questions line by line with models that stay loaded. For programs, not for people. */
import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { Think2SegError } from '../contract/errors.ts';
import type { SegmentResult } from '../contract/segment-result.ts';
import type { ServeInput, ServeReply } from '../contract/serve.ts';
import { EngineChild } from './engine-child.ts';
import { installation } from './installation.ts';
import { modelOptions, readModelOptions } from './query-options.ts';
import { readOptions, refusePositionals } from './read-options.ts';
import { removeUnfinished } from './remove-unfinished.ts';
import { serveLines, type SegmentRequest } from './serve-lines.ts';
import { startEngine } from './start-engine.ts';
import { askedUntilHeard } from './unheard-call.ts';
import { callEngine } from './with-engine.ts';

export async function serveCommand(args: string[]): Promise<void> {
  const { values, positionals } = readOptions('serve', args, modelOptions);
  refusePositionals('serve', positionals);
  const models = await readModelOptions(values);
  const pack = await callEngine('pack.inspect', { directory: models.packDirectory });
  let engine = new EngineChild(startEngine);
  const segment: SegmentRequest = async (input, { signal, onProgress }) => {
    const scratchName = `${input.scratchName}-${randomUUID()}`;
    const request = { ...withAbsolutePaths(input), ...models, scratchName };
    const ask = (): Promise<SegmentResult> => {
      // The first request after its end starts the next, whether it died at work or idle.
      if (engine.hasExited) {
        engine = new EngineChild(startEngine);
      }
      return engine.call('query.segment', request, { signal, onProgress });
    };
    try {
      return await askedUntilHeard(ask, signal);
    } catch (thrown) {
      if (thrown instanceof Think2SegError && thrown.code === 'ENGINE_CRASHED') {
        await removeUnfinished(withAbsolutePaths(input), scratchName);
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
