/** Texts of others (packs, models, files, their names) on a terminal, which takes some characters in them for commands. */

/** Without line breaks either. */
export function inOneLine(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, ' ');
}

/** Lines and tabs stay. */
export function inLines(text: string): string {
  return text.replaceAll('\r\n', '\n').replaceAll(/[^\P{Cc}\n\t]+/gu, ' ');
}

/** To stdout, for people. */
export function printText(text: string): void {
  process.stdout.write(inLines(text));
}

/** To stdout, for programs. JSON escapes what ASCII calls control characters, but not those that came later. */
export function printJson(value: unknown, indent?: number): void {
  const escaped = (character: string): string => `\\u00${character.charCodeAt(0).toString(16)}`;
  process.stdout.write(`${JSON.stringify(value, null, indent).replaceAll(/[\u007f-\u009f]/g, escaped)}\n`);
}
