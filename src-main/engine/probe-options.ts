/** How this engine examines providers. */
import type { ProbeOptions } from '../core/inference/providers.ts';
import { installation } from './installation.ts';
import { startProbeThroughParent } from './probe-through-parent.ts';
import { utilityPort } from './utility-port.ts';

export const probeOptions: Omit<ProbeOptions, 'signal'> = {
  resourcesDirectory: installation.resourcesDirectory,
  probeEntryPath: installation.probeEntryPath,
  ...(utilityPort === undefined ? {} : { startChild: startProbeThroughParent(utilityPort) }),
};
