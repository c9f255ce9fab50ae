/** Whoever works with keys keeps a place: when the element with the focus goes, what is next to it gets the focus. */

const regions = 'header, aside, main, footer, dialog';
const focusable = ':is(button, input, select, textarea, summary, [tabindex="0"]):not(:disabled, [tabindex="-1"], [type="radio"]:not(:checked))'; // prettier-ignore

/** @returns a function that stops watching */
export function keepFocus(): () => void {
  /** The element that has, or had, the focus, and what it lies in, innermost first. */
  let path: Element[] = [];
  /** A pointer needs no place, and letters that were meant for the map would land in a field. */
  let isByKeys = false;

  const hearFocus = ({ target }: FocusEvent): void => {
    path = target instanceof Element ? ancestorsOf(target) : [];
  };
  const hearKey = (): void => {
    isByKeys = true;
  };
  const hearPointer = (): void => {
    isByKeys = false;
  };
  const observer = new MutationObserver((records) => {
    const [focused] = path;
    if (focused === undefined || focused.isConnected || !isByKeys) {
      return;
    }
    const lost = path;
    path = [];
    // Whoever takes a part away may know best where the focus goes.
    setTimeout(() => {
      if (document.activeElement === document.body) {
        nextTo(lost, records)?.focus();
      }
    });
  });
  observer.observe(document.body, { childList: true, subtree: true });
  window.addEventListener('focusin', hearFocus);
  window.addEventListener('keydown', hearKey, true);
  window.addEventListener('pointerdown', hearPointer, true);
  return () => {
    observer.disconnect();
    window.removeEventListener('focusin', hearFocus);
    window.removeEventListener('keydown', hearKey, true);
    window.removeEventListener('pointerdown', hearPointer, true);
  };
}

function ancestorsOf(element: Element): Element[] {
  const path = [];
  for (let at: Element | null = element; at !== null; at = at.parentElement) {
    path.push(at);
  }
  return path;
}

/** In the nearest part around what went, of the same region: what follows it, else what comes before it. */
function nextTo(path: readonly Element[], records: readonly MutationRecord[]): HTMLElement | null {
  const index = path.findIndex(({ isConnected }) => isConnected);
  const gone = path[index - 1];
  const removal = records.find(({ removedNodes }) => gone !== undefined && [...removedNodes].includes(gone));
  let place: Node | null = removal?.previousSibling?.isConnected === true ? removal.previousSibling : null;
  let part = path[index] ?? null;
  while (part !== null && part.closest(regions) !== null) {
    const candidates = [...part.querySelectorAll<HTMLElement>(focusable)].filter(isShown);
    const found = candidates.find((candidate) => follows(candidate, place)) ?? candidates.at(-1);
    if (found !== undefined || part.matches(regions)) {
      return found ?? null;
    }
    place = part;
    part = part.parentElement;
  }
  return null;
}

/** Without a place everything does: what went was the first of its part. */
function follows(candidate: Element, place: Node | null): boolean {
  return (
    place === null ||
    (place.compareDocumentPosition(candidate) &
      (Node.DOCUMENT_POSITION_FOLLOWING | Node.DOCUMENT_POSITION_CONTAINED_BY)) ===
      Node.DOCUMENT_POSITION_FOLLOWING
  );
}

function isShown(element: HTMLElement): boolean {
  return element.getClientRects().length > 0;
}
