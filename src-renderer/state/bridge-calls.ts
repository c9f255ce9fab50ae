/** Turns the bridge's replies and events into promises, errors with codes, and signals. */
import type { CallReply, DesktopBridge } from '../../src-main/contract/desktop-bridge.ts';
import { Think2SegError } from '../../src-main/contract/errors.ts';
import type { OnProgress } from '../../src-main/contract/progress.ts';
import type { Call } from './calls.ts';

export function callsOver(bridge: DesktopBridge): Call {
  let nextCallId = 1;
  const progressOf = new Map<number, OnProgress>();
  bridge.listen((event) => {
    if (event.kind === 'progress') {
      progressOf.get(event.callId)?.(event.event);
    }
  });

  return async (route, input, { signal, onProgress } = {}) => {
    if (signal?.aborted === true) {
      throw cancelled();
    }
    const callId = nextCallId++;
    if (onProgress !== undefined) {
      progressOf.set(callId, onProgress);
    }
    try {
      const reply = await untilAborted(bridge.call(route, input, callId), signal, () => {
        void bridge.call('call.cancel', { callId }, nextCallId++);
      });
      if (!reply.ok) {
        throw Think2SegError.fromEnvelope(reply.error);
      }
      return reply.output;
    } finally {
      progressOf.delete(callId);
    }
  };
}

/** The person need not wait for the other side to notice. */
function untilAborted<Output>(
  reply: Promise<CallReply<Output>>,
  signal: AbortSignal | undefined,
  onAbort: () => void,
): Promise<CallReply<Output>> {
  if (signal === undefined) {
    return reply;
  }
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      onAbort();
      reject(cancelled());
    };
    signal.addEventListener('abort', abort, { once: true });
    const settle = (): void => signal.removeEventListener('abort', abort);
    reply.then(resolve, reject).finally(settle);
  });
}

function cancelled(): Think2SegError {
  return new Think2SegError('CANCELLED', 'stopped on request; nothing was written');
}
