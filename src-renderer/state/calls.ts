/** What the state needs of the outside: calls that can be stopped, and time. */
import type { DesktopInput, DesktopOutput, DesktopRouteName } from '../../src-main/contract/desktop-bridge.ts';
import type { OnProgress } from '../../src-main/contract/progress.ts';

export interface CallOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: OnProgress;
}

/** @throws Think2SegError what the route fails with; CANCELLED as soon as the signal aborts, whatever the other side still does. */
export type Call = <Name extends DesktopRouteName>(
  route: Name,
  input: DesktopInput<Name>,
  options?: CallOptions,
) => Promise<DesktopOutput<Name>>;
