/** What the main process tells the window, passed on to where it belongs. */
import type { DesktopBridge } from '../src-main/contract/desktop-bridge.ts';
import type { Workspace } from './workspace.ts';

/** @returns a function that stops listening */
export function listenToProgram(bridge: DesktopBridge, workspace: Workspace): () => void {
  const stop = bridge.listen((event) => {
    if (event.kind === 'files-opened') {
      void workspace.openRasters(event.paths);
    }
  });
  void workspace.begin();
  return stop;
}
