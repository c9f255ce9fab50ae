/** Answers requests that arrive over the channel to the process's parent. Knows nothing of what the routes do. */
import { engineRequestSchema } from '../contract/engine-message.ts';
import {
  engineRouteInputs,
  type EngineRouteName,
  type EngineRouteOutputs,
  type EngineRouteParsed,
} from '../contract/engine-routes.ts';
import { Think2SegError, toThink2SegError } from '../contract/errors.ts';
import type { OnProgress } from '../contract/progress.ts';
import { portToParent, type EnginePort } from './port.ts';

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
    const issue = parsed.error.issues[0];
    throw new Think2SegError('USAGE', `${route}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid input'}`);
  }
  // Route name and input belong together by construction of the map; the compiler cannot follow a union of functions.
  const handler = handlers[route] as (input: unknown, context: HandlerContext) => Promise<unknown>;
  return handler(parsed.data, context);
}

/** Serves until the parent goes away. */
export function serveEngine(handlers: Handlers, port: EnginePort = portToParent()): void {
  const running = new Map<number, AbortController>();

  // Ctrl-C in a terminal reaches the whole process group; the parent decides what it means.
  process.on('SIGINT', () => undefined);
  port.onDisconnect(() => {
    for (const controller of running.values()) {
      controller.abort();
    }
    process.exit(0);
  });

  port.onRequest((message) => {
    const request = engineRequestSchema.parse(message);
    if (request.kind === 'cancel') {
      running.get(request.id)?.abort();
      return;
    }
    const { id } = request;
    const controller = new AbortController();
    running.set(id, controller);
    const context: HandlerContext = {
      signal: controller.signal,
      onProgress: (event) => {
        port.send({ kind: 'progress', id, event });
      },
    };
    callRoute(handlers, request.route, request.input, context).then(
      (output) => {
        running.delete(id);
        port.send({ kind: 'done', id, output });
      },
      (thrown: unknown) => {
        running.delete(id);
        port.send({ kind: 'failed', id, error: toThink2SegError(thrown).toEnvelope() });
      },
    );
  });
  port.send({ kind: 'ready' });
}
