/** What the main process tells the window, passed on to where it belongs. */
import type { DesktopBridge } from '../src-main/contract/desktop-bridge.ts';
import { Think2SegError } from '../src-main/contract/errors.ts';
import { run } from './commands.ts';
import type { Desk } from './desk.ts';
import { openPaths } from './open-files.ts';
import { leaveWindow } from './project-actions.ts';

/** @returns a function that stops listening */
export function listenToProgram(bridge: DesktopBridge, desk: Desk): () => void {
  const stop = bridge.listen((event) => {
    switch (event.kind) {
      case 'files-opened':
        if (desk.dialog.get() === 'batch') {
          return desk.batch.addInputs(event.paths);
        }
        return desk.attempt(() => desk.recovered.then(() => openPaths(desk, event.paths)));
      case 'menu':
        return run(desk, event.command);
      case 'engine':
        return desk.hearEngine(event);
      case 'problem':
        return desk.fail(Think2SegError.fromEnvelope(event.error));
      case 'close-requested':
        return desk.attempt(() => leaveWindow(desk));
      case 'progress':
        // Heard by the call it belongs to.
        return;
    }
  });
  desk.attempt(() => begin(desk));
  return stop;
}

async function begin(desk: Desk): Promise<void> {
  const start = await desk.workspace.begin();
  if (start.recovery !== null) {
    await desk.askRecovery();
  }
  await openPaths(desk, start.openPaths);
  if (start.recovery === null && !start.settings.tourSeen && start.openPaths.length === 0) {
    desk.dialog.set('tour');
  }
}
