import { describe, expect, it } from 'vitest';
import type { DesktopBridge, DesktopEvent } from '../../../src-main/contract/desktop-bridge.ts';
import { callsOver } from '../../../src-renderer/state/bridge-calls.ts';

function fakeBridge(reply: (route: string) => unknown): {
  bridge: DesktopBridge;
  calls: { route: string; input: unknown; callId: number }[];
  emit: (event: DesktopEvent) => void;
} {
  const calls: { route: string; input: unknown; callId: number }[] = [];
  const listeners = new Set<(event: DesktopEvent) => void>();
  const bridge = {
    call: (route: string, input: unknown, callId: number) => {
      calls.push({ route, input, callId });
      return Promise.resolve(reply(route));
    },
    listen: (listener: (event: DesktopEvent) => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  } as unknown as DesktopBridge;
  return { bridge, calls, emit: (event) => listeners.forEach((listener) => listener(event)) };
}

describe('callsOver', () => {
  it('gives the output, and failures with their code', async () => {
    const { bridge } = fakeBridge((route) =>
      route === 'models.unload'
        ? { ok: true, output: null }
        : { ok: false, error: { code: 'PACK_DAMAGED', message: 'wrong sum' } },
    );
    const call = callsOver(bridge);
    await expect(call('models.unload', {})).resolves.toBeNull();
    await expect(call('pack.verify', { directory: '/p' })).rejects.toMatchObject({
      code: 'PACK_DAMAGED',
      message: 'wrong sum',
    });
  });

  it('brings progress to the call that it belongs to, and none after its end', async () => {
    let finish: (reply: unknown) => void = () => undefined;
    const { bridge, calls, emit } = fakeBridge(() => new Promise((done) => (finish = done)));
    const call = callsOver(bridge);
    const heard: string[] = [];
    const first = call('models.unload', {}, { onProgress: ({ stage }) => heard.push(`first ${stage}`) });
    const progress = (callId: number): void => emit({ kind: 'progress', callId, event: { stage: 'loading' } });
    progress(calls[0]!.callId);
    progress(calls[0]!.callId + 1);
    finish({ ok: true, output: null });
    await first;
    progress(calls[0]!.callId);
    expect(heard).toEqual(['first loading']);
  });

  it('lets go at once when it is stopped, and tells the other side', async () => {
    const { bridge, calls } = fakeBridge(() => new Promise(() => undefined));
    const stop = new AbortController();
    const asked = callsOver(bridge)('models.unload', {}, { signal: stop.signal });
    stop.abort();
    await expect(asked).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(calls[1]).toMatchObject({ route: 'call.cancel', input: { callId: calls[0]!.callId } });
  });
});
