/** Every key and mouse habit in one table: what is listened for is what the sheet shows. */

export type ActionId =
  | 'open'
  | 'save-project'
  | 'save-project-as'
  | 'open-project'
  | 'export'
  | 'report'
  | 'batch'
  | 'undo'
  | 'redo'
  | 'focus-question'
  | 'accept'
  | 'reject'
  | 'delete'
  | 'cancel'
  | 'next-instance'
  | 'previous-instance'
  | 'tool-select'
  | 'tool-point'
  | 'tool-box'
  | 'tool-target'
  | 'zoom-in'
  | 'zoom-out'
  | 'zoom-native'
  | 'zoom-scene'
  | 'toggle-compare'
  | 'settings'
  | 'shortcuts';

type Place =
  /** Also while typing. */
  | 'anywhere'
  /** Not while typing, where the keys belong to the text. */
  | 'outside-text'
  /** Only while the map has the focus: elsewhere the key has its usual meaning. */
  | 'map';

export interface Shortcut {
  readonly action: ActionId;
  /** As in `KeyboardEvent.key`, lower case for letters. */
  readonly key: string;
  /** Ctrl, or Command on macOS. */
  readonly mod?: true;
  readonly shift?: true;
  readonly where: Place;
  readonly group: 'Work' | 'Correct and review' | 'Map';
  readonly description: string;
}

export const shortcuts: readonly Shortcut[] = [
  { action: 'open', key: 'o', mod: true, where: 'anywhere', group: 'Work', description: 'Open rasters or results' },
  {
    action: 'open-project',
    key: 'o',
    mod: true,
    shift: true,
    where: 'anywhere',
    group: 'Work',
    description: 'Open a project',
  },
  { action: 'save-project', key: 's', mod: true, where: 'anywhere', group: 'Work', description: 'Save the project' },
  {
    action: 'save-project-as',
    key: 's',
    mod: true,
    shift: true,
    where: 'anywhere',
    group: 'Work',
    description: 'Save the project under another name',
  },
  { action: 'focus-question', key: '/', where: 'outside-text', group: 'Work', description: 'Go to the question' },
  { action: 'export', key: 'e', mod: true, where: 'anywhere', group: 'Work', description: 'Export' },
  { action: 'export', key: 'Enter', where: 'map', group: 'Work', description: 'Export (asks where)' },
  { action: 'report', key: 'p', mod: true, where: 'anywhere', group: 'Work', description: 'Write a report' },
  { action: 'batch', key: 'b', mod: true, where: 'anywhere', group: 'Work', description: 'Batch of many rasters' },
  { action: 'settings', key: ',', mod: true, where: 'anywhere', group: 'Work', description: 'Settings' },
  { action: 'shortcuts', key: 'F1', where: 'anywhere', group: 'Work', description: 'This sheet' },
  { action: 'undo', key: 'z', mod: true, where: 'outside-text', group: 'Correct and review', description: 'Undo' },
  {
    action: 'redo',
    key: 'z',
    mod: true,
    shift: true,
    where: 'outside-text',
    group: 'Correct and review',
    description: 'Redo',
  },
  { action: 'redo', key: 'y', mod: true, where: 'outside-text', group: 'Correct and review', description: 'Redo' },
  {
    action: 'accept',
    key: 's',
    where: 'outside-text',
    group: 'Correct and review',
    description: 'Accept the selected object',
  },
  {
    action: 'reject',
    key: 'x',
    where: 'outside-text',
    group: 'Correct and review',
    description: 'Reject the selected object',
  },
  {
    action: 'delete',
    key: 'Delete',
    where: 'outside-text',
    group: 'Correct and review',
    description: 'Delete the selected object',
  },
  {
    action: 'next-instance',
    key: 'Tab',
    where: 'map',
    group: 'Correct and review',
    description: 'Next object; after the last one the focus leaves the map',
  },
  {
    action: 'previous-instance',
    key: 'Tab',
    shift: true,
    where: 'map',
    group: 'Correct and review',
    description: 'Previous object',
  },
  {
    action: 'cancel',
    key: 'Escape',
    where: 'anywhere',
    group: 'Correct and review',
    description: 'Stop the question, leave the tool, drop the selection',
  },
  {
    action: 'tool-select',
    key: 'v',
    where: 'outside-text',
    group: 'Correct and review',
    description: 'Select and move',
  },
  { action: 'tool-point', key: 'p', where: 'outside-text', group: 'Correct and review', description: 'Click points' },
  { action: 'tool-box', key: 'b', where: 'outside-text', group: 'Correct and review', description: 'Draw a box' },
  {
    action: 'tool-target',
    key: 'r',
    where: 'outside-text',
    group: 'Correct and review',
    description: 'Draw the rectangle to ask about',
  },
  { action: 'zoom-in', key: '+', where: 'outside-text', group: 'Map', description: 'Zoom in' },
  { action: 'zoom-out', key: '-', where: 'outside-text', group: 'Map', description: 'Zoom out' },
  {
    action: 'zoom-native',
    key: '1',
    mod: true,
    where: 'anywhere',
    group: 'Map',
    description: 'One image pixel on one screen pixel',
  },
  { action: 'zoom-scene', key: '0', mod: true, where: 'anywhere', group: 'Map', description: 'Whole scene' },
  {
    action: 'toggle-compare',
    key: 'c',
    where: 'outside-text',
    group: 'Map',
    description: 'Compare with the bare raster',
  },
];

export interface Habit {
  readonly gesture: string;
  readonly description: string;
}

export const mouseHabits: readonly Habit[] = [
  { gesture: 'Left click', description: 'Positive point (green) with the point tool; selects otherwise' },
  { gesture: 'Right click', description: 'Negative point (red)' },
  { gesture: 'Drag', description: 'Box, with the box or rectangle tool' },
  { gesture: 'Space + drag, middle button', description: 'Moves the map, with any tool' },
  { gesture: 'Wheel', description: 'Zoom' },
];

/** While a list of objects or the attribute table has the focus. Letters mean the same there as elsewhere. */
export const listHabits: readonly Habit[] = [
  { gesture: '↑ ↓', description: 'Choose the previous or next object; Shift chooses all between, Ctrl only moves' },
  { gesture: '← →', description: 'Move to the buttons of the object' },
  { gesture: 'Page, Home, End', description: 'Move further' },
  { gesture: 'Space', description: 'Add to what is selected, or take away' },
  { gesture: 'Enter', description: 'Zoom to the object' },
  { gesture: 'Ctrl+A', description: 'Select all' },
];

export interface KeyPress {
  readonly key: string;
  /** The place of the key, named by the letter that a keyboard for English has there. */
  readonly code: string;
  /** Part of a word that an input method is still putting together: the key is its own, Esc too. */
  readonly isComposing: boolean;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly shiftKey: boolean;
  readonly altKey: boolean;
}

export interface KeyContext {
  readonly isMac: boolean;
  /** A text field, or anything else that has a use for letters, has the focus. */
  readonly inText: boolean;
  readonly onMap: boolean;
  /** A dialog is open: only its own keys count. */
  readonly inDialog: boolean;
}

export function actionFor(press: KeyPress, { isMac, inText, onMap, inDialog }: KeyContext): ActionId | null {
  if (inDialog || press.altKey || press.isComposing) {
    return null;
  }
  const mod = isMac ? press.metaKey : press.ctrlKey;
  const otherMod = isMac ? press.ctrlKey : press.metaKey;
  const key = latinKey(press);
  // Characters such as + and / need Shift on some keyboards and not on others.
  const shiftMatters = key.length > 1 || /[a-z]/.test(key);
  const found = shortcuts.find(
    (shortcut) =>
      shortcut.key === key &&
      (shortcut.mod ?? false) === mod &&
      !otherMod &&
      (!shiftMatters || (shortcut.shift ?? false) === press.shiftKey) &&
      (shortcut.where === 'anywhere' || (shortcut.where === 'map' ? onMap : !inText)),
  );
  return found?.action ?? null;
}

/** Keyboards for Cyrillic, Greek, Hebrew or Arabic have other letters: there the place of the key counts. */
function latinKey({ key, code }: KeyPress): string {
  const letter = /^\p{L}$/u.test(key) && !/\p{Script=Latin}/u.test(key) ? /^Key([A-Z])$/u.exec(code)?.[1] : undefined;
  return letter?.toLowerCase() ?? (key.length === 1 ? key.toLowerCase() : key);
}

/** For people: `Ctrl+Shift+Z`, `⌘⇧Z`. */
export function keysOf({ key, mod, shift }: Shortcut, isMac: boolean): string {
  const name = key.length === 1 ? key.toUpperCase() : key === 'Escape' ? 'Esc' : key;
  return isMac
    ? `${mod ? '⌘' : ''}${shift ? '⇧' : ''}${name}`
    : [...(mod ? ['Ctrl'] : []), ...(shift ? ['Shift'] : []), name].join('+');
}
