/** Keys of the whole window. Text fields and dialogs keep theirs. */
import { run, selectNeighbour } from './commands.ts';
import type { Desk } from './desk.ts';
import { actionFor } from './state/shortcuts.ts';

/** @returns a function that stops listening */
export function listenToKeys(desk: Desk): () => void {
  const hear = (event: KeyboardEvent): void => {
    const focused = event.target instanceof Element ? event.target : document.body;
    const action = event.defaultPrevented
      ? null
      : actionFor(event, {
          isMac: desk.workspace.start.get()?.platform === 'darwin',
          inText: focused.matches(
            'textarea, select, input:not([type=checkbox], [type=radio], [type=color], [type=range])',
          ),
          // The one element with keys of its own.
          onMap: focused.closest('[role=application]') !== null,
          inDialog: document.querySelector('dialog[open]') !== null,
        });
    if (action === null) {
      return;
    }
    if (action === 'next-instance' || action === 'previous-instance') {
      // After the last object Tab does what it always does: the map is no trap.
      if (selectNeighbour(desk, action === 'next-instance' ? 1 : -1)) {
        event.preventDefault();
      }
      return;
    }
    event.preventDefault();
    run(desk, action);
  };
  window.addEventListener('keydown', hear);
  return () => window.removeEventListener('keydown', hear);
}
