/** Differs between Electron 22, the oldest that is supported, and the current one: where a dropped file lies. Preload only. */
import * as electron from 'electron';

const { webUtils } = electron as { webUtils?: typeof electron.webUtils };

/** Absolute path of a file that a person dropped; empty for a File that a page made. */
export function pathOfDroppedFile(file: File): string {
  return webUtils?.getPathForFile(file) ?? (file as { path?: string }).path ?? '';
}
