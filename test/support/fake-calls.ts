/** The other side of the bridge, played by functions: every call is recorded and answered when its handler says so. */
import type { DesktopInput, DesktopOutput, DesktopRouteName } from '../../src-main/contract/desktop-bridge.ts';
import { Think2SegError } from '../../src-main/contract/errors.ts';
import type { Call, CallOptions } from '../../src-renderer/state/calls.ts';

export type FakeHandlers = {
  [Name in DesktopRouteName]?: (
    input: DesktopInput<Name>,
    options: CallOptions,
  ) => DesktopOutput<Name> | Promise<DesktopOutput<Name>>;
};

export interface FakeCalls {
  readonly call: Call;
  readonly made: { route: DesktopRouteName; input: unknown }[];
}

export function fakeCalls(handlers: FakeHandlers): FakeCalls {
  const made: FakeCalls['made'] = [];
  const call: Call = async (route, input, options = {}) => {
    made.push({ route, input });
    const handler = handlers[route];
    if (handler === undefined) {
      throw new Think2SegError('INTERNAL', `${route} was called and the test has no answer for it`);
    }
    const aborted = new Promise<never>((_, reject) => {
      options.signal?.addEventListener('abort', () => reject(new Think2SegError('CANCELLED', 'stopped')));
    });
    return Promise.race([handler(input, options), aborted]);
  };
  return { call, made };
}
