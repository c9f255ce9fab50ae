/**
 * In the desktop this executable is not a Node that could be forked (it starts the whole program, and is told not to be one), and only the
 * main process can start another utility process: probes are started there, by messages.
 */
import type { ProbeMessageFromEngine, ProbeMessageToEngine } from '../contract/engine-message.ts';
import type { ProbeChildEvents, StartProbeChild } from '../core/inference/probe-child.ts';
import type { UtilityPort } from './utility-port.ts';

export function startProbeThroughParent(port: UtilityPort): StartProbeChild {
  const running = new Map<number, ProbeChildEvents>();
  let nextId = 1;
  const send = (message: ProbeMessageFromEngine): void => port.postMessage(message);

  port.on('message', ({ data }) => {
    const message = data as ProbeMessageToEngine | { kind: string };
    if (isProbeMessage(message)) {
      const events = running.get(message.id);
      switch (message.kind) {
        case 'probe-report':
          events?.onReport(message.report);
          return;
        case 'probe-stderr':
          events?.onStderr(message.text);
          return;
        case 'probe-exit':
          events?.onExit(message.how);
          return;
      }
    }
  });

  return (argument, events) => {
    const id = nextId++;
    running.set(id, events);
    send({ kind: 'probe-start', id, argument });
    return {
      kill: () => {
        running.delete(id);
        send({ kind: 'probe-kill', id });
      },
    };
  };
}

export function isProbeMessage(message: { kind: string }): message is ProbeMessageToEngine {
  return message.kind === 'probe-report' || message.kind === 'probe-stderr' || message.kind === 'probe-exit';
}
