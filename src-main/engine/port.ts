/** The end of the channel to whoever started this engine. */
import type { EngineReply } from '../contract/engine-message.ts';
import { Think2SegError } from '../contract/errors.ts';
import { isProbeMessage } from './probe-through-parent.ts';
import { utilityPort, type UtilityPort } from './utility-port.ts';

/** A test gives an in-memory one. */
export interface EnginePort {
  send: (reply: EngineReply) => void;
  onRequest: (listener: (request: unknown) => void) => void;
  onDisconnect: (listener: () => void) => void;
}

export function portToParent(): EnginePort {
  return utilityPort === undefined ? forkPort() : portOfUtility(utilityPort);
}

/** The desktop. Electron ends its utility processes together with the program. */
function portOfUtility(port: UtilityPort): EnginePort {
  return {
    send: (reply) => port.postMessage(reply),
    onRequest: (listener) => {
      port.on('message', ({ data }) => {
        if (!isProbeMessage(data as { kind: string })) {
          // Within its own event Electron 22 asks too early whether a rejection is handled, and ends the process over one that will be.
          setImmediate(listener, data);
        }
      });
    },
    onDisconnect: () => undefined,
  };
}

/** The command line: the channel that `child_process.fork` opened. */
function forkPort(): EnginePort {
  const send = process.send?.bind(process);
  if (send === undefined) {
    throw new Think2SegError('INTERNAL', 'the engine was started without a channel to its parent');
  }
  // A scheduler such as Slurm, or a terminal that closes, tells every process of a job; the parent decides what it means, and ends this one.
  process.on('SIGTERM', () => undefined);
  process.on('SIGHUP', () => undefined);
  return {
    send: (reply) => {
      // A parent that is gone cannot be told anything; the disconnect handler ends the process.
      if (process.connected) {
        send(reply);
      }
    },
    onRequest: (listener) => process.on('message', listener),
    onDisconnect: (listener) => process.on('disconnect', listener),
  };
}
