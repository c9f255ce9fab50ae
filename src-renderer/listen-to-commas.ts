/** Decimal commas in number fields. The browser leaves them out, and would make 5 of `0,5`. */
import { asFieldText } from './state/number-text.ts';

/** @returns a function that stops listening */
export function listenToCommas(): () => void {
  const hear = (event: InputEvent): void => {
    const { data, target } = event;
    if (data === null || !(target instanceof HTMLInputElement) || target.type !== 'number') {
      return;
    }
    const text = asFieldText(data);
    if (text !== data) {
      event.preventDefault();
      // eslint-disable-next-line @typescript-eslint/no-deprecated -- The one way to enter text where the caret is that the field can undo.
      document.execCommand('insertText', false, text);
    }
  };
  window.addEventListener('beforeinput', hear);
  return () => window.removeEventListener('beforeinput', hear);
}
