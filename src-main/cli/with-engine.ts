/**
 * Runs one call in a fresh engine process and handles Ctrl-C: the first asks the engine to stop and, when it sits in a native
 * call and cannot hear, ends it; the second ends it at once. Unfinished files are removed either way.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Think2SegError } from '../contract/errors.ts';
import type { OnProgress } from '../contract/progress.ts';
import type { RouteInput, RouteName, RouteOutputs } from '../contract/routes.ts';
import { EngineChild } from './engine-child.ts';
import { engineEntryPath } from './installation.ts';

const graceMs = 400;

export async function callEngine<Name extends RouteName>(
  route: Name,
  input: RouteInput<Name>,
  options: { onProgress?: OnProgress; removeUnfinished?: () => Promise<void> } = {},
): Promise<RouteOutputs[Name]> {
  const engine = new EngineChild(engineEntryPath);
  const controller = new AbortController();
  const killed = new Promise<never>((_, reject) => {
    const stop = (signalName: NodeJS.Signals): void => {
      const cancelled = new Think2SegError('CANCELLED', `stopped by ${signalName}; unfinished files were removed`);
      if (controller.signal.aborted) {
        void engine.kill().then(() => reject(cancelled));
        return;
      }
      controller.abort();
      void delay(graceMs, undefined, { ref: false })
        .then(() => engine.kill())
        .then(() => reject(cancelled));
    };
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(name, stop);
    }
  });
  try {
    return await Promise.race([
      engine.call(route, input, { onProgress: options.onProgress ?? (() => undefined), signal: controller.signal }),
      killed,
    ]);
  } catch (error) {
    await engine.kill();
    await options.removeUnfinished?.();
    throw error;
  } finally {
    await engine.kill();
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.removeAllListeners(name);
    }
  }
}
