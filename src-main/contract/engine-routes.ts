/** Every route of an engine process: those of the command line and those of work by eye and hand. */
import type { z } from 'zod';
import { interactiveRouteInputs, type InteractiveRouteOutputs } from './interactive-routes.ts';
import { routeInputs, type RouteOutputs } from './routes.ts';

export const engineRouteInputs = { ...routeInputs, ...interactiveRouteInputs } as const;

export type EngineRouteName = keyof typeof engineRouteInputs;

/** Input as a handler gets it, after parsing. */
export type EngineRouteParsed<Name extends EngineRouteName> = z.output<(typeof engineRouteInputs)[Name]>;

export type EngineRouteOutputs = RouteOutputs & InteractiveRouteOutputs;
