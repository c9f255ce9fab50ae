/** Keys of the whole window. Text fields and dialogs keep theirs. */
import { run, selectNeighbour } from './commands.ts';
import type { Desk } from './desk.ts';
import { actionFor } from './state/shortcuts.ts';

/** The map's element carries this, so that keys know where they are. */
export const mapFocusAttribute = 'data-map';

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
          onMap: focused.closest(`[${mapFocusAttribute}]`) !== null,
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
