/** Names of the messages between window and main process. */
import type { DesktopRouteName } from '../contract/desktop-bridge.ts';

/** Window to main, answered with a `CallReply`. */
export const callChannel = 'think2seg:call';
/** Main to window, carries a `DesktopEvent`. */
export const eventChannel = 'think2seg:event';
/** Window to main: paths of files that the user dropped on the window. */
export const dropChannel = 'think2seg:drop';

export interface CallMessage {
  route: DesktopRouteName;
  input: unknown;
  callId: number;
}
