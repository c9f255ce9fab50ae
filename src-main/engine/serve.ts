/** Answers requests that arrive over the channel to the process's parent. Knows nothing of what the routes do. */
import { engineRequestSchema } from '../contract/engine-message.ts';
import {
  engineRouteInputs,
  type EngineRouteName,
  type EngineRouteOutputs,
  type EngineRouteParsed,
} from '../contract/engine-routes.ts';
import { Think2SegError } from '../contract/errors.ts';
import { explainParse } from '../contract/explain-parse.ts';
import type { OnProgress } from '../contract/progress.ts';
import { portToParent, type EnginePort } from './port.ts';
import { RunningRequests } from './running-requests.ts';

export interface HandlerContext {
  signal: AbortSignal;
  onProgress: OnProgress;
}

export type Handlers = {
  [Name in EngineRouteName]: (
    input: EngineRouteParsed<Name>,
    context: HandlerContext,
  ) => Promise<EngineRouteOutputs[Name]>;
};

function isRouteName(name: string): name is EngineRouteName {
  return Object.hasOwn(engineRouteInputs, name);
}

async function callRoute(handlers: Handlers, route: string, input: unknown, context: HandlerContext): Promise<unknown> {
  if (!isRouteName(route)) {
    throw new Think2SegError(
      'INTERNAL',
      `no route ${route}; expected one of ${Object.keys(engineRouteInputs).join(', ')}`,
    );
  }
  const parsed = engineRouteInputs[route].safeParse(input);
  if (!parsed.success) {
    throw new Think2SegError('USAGE', `${route}: ${explainParse(parsed.error)}`);
  }
  // Route name and input belong together by construction of the map; the compiler cannot follow a union of functions.
  const handler = handlers[route] as (input: unknown, context: HandlerContext) => Promise<unknown>;
  return handler(parsed.data, context);
}

/** Serves until the parent goes away. */
export function serveEngine(handlers: Handlers, port: EnginePort = portToParent()): void {
  const running = new RunningRequests();

  // Ctrl-C in a terminal reaches the whole process group; the parent decides what it means.
  process.on('SIGINT', () => undefined);
  port.onDisconnect(() => {
    running.cancelAll();
    process.exit(0);
  });

  port.onRequest((message) => {
    const request = engineRequestSchema.parse(message);
    if (request.kind === 'cancel') {
      running.cancel(request.id);
      return;
    }
    const { id, route, input } = request;
    port.send({ kind: 'begun', id });
    const onProgress: OnProgress = (event) => port.send({ kind: 'progress', id, event });
    void running
      .answer(id, (signal) => callRoute(handlers, route, input, { signal, onProgress }))
      .then((reply) => port.send(reply));
  });
  port.send({ kind: 'ready' });
}
