/**
 * Runs calls in one fresh engine process and handles Ctrl-C: the first asks the engine to stop and, when it sits in a native
 * call and cannot hear, ends it; the second ends it at once. Unfinished files are removed either way, by the engine or by `removeUnfinished`.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Think2SegError } from '../contract/errors.ts';
import type { OnProgress } from '../contract/progress.ts';
import type { RouteInput, RouteName, RouteOutputs } from '../contract/routes.ts';
import { EngineChild } from './engine-child.ts';
import { startEngine } from './start-engine.ts';

const graceMs = 400;
const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export type CallRoute = <Name extends RouteName>(
  route: Name,
  input: RouteInput<Name>,
  onProgress?: OnProgress,
) => Promise<RouteOutputs[Name]>;

/** Gives `work` an engine, and ends the engine when `work` is done, has failed or is interrupted. */
export async function withEngine<T>(
  work: (call: CallRoute) => Promise<T>,
  removeUnfinished?: () => Promise<void>,
): Promise<T> {
  const engine = new EngineChild(startEngine);
  const controller = new AbortController();
  let stop: (signalName: NodeJS.Signals) => void = () => undefined;
  const interrupted = new Promise<never>((_, reject) => {
    stop = (signalName) => {
      const what = removeUnfinished === undefined ? 'nothing was written' : 'unfinished files were removed';
      const cancelled = new Think2SegError('CANCELLED', `stopped by ${signalName}; ${what}`);
      const patienceMs = controller.signal.aborted ? 0 : graceMs;
      controller.abort();
      // Rejecting first ends the engine below; ended first, its call would fail as if it had crashed.
      void delay(patienceMs).then(() => reject(cancelled));
    };
  });
  for (const name of stopSignals) {
    process.on(name, stop);
  }
  const call: CallRoute = (route, input, onProgress = () => undefined) =>
    engine.call(route, input, { onProgress, signal: controller.signal });
  try {
    return await Promise.race([work(call), interrupted]);
  } catch (error) {
    await engine.kill();
    await removeUnfinished?.();
    throw error;
  } finally {
    await engine.kill();
    for (const name of stopSignals) {
      process.off(name, stop);
    }
  }
}

/** One call in an engine of its own. */
export function callEngine<Name extends RouteName>(
  route: Name,
  input: RouteInput<Name>,
  options: { onProgress?: OnProgress; removeUnfinished?: () => Promise<void> } = {},
): Promise<RouteOutputs[Name]> {
  return withEngine((call) => call(route, input, options.onProgress), options.removeUnfinished);
}
