/** Reads options with Node's own parser and turns its complaints, and bad values, into USAGE errors. */
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { Think2SegError } from '../contract/errors.ts';

export type OptionConfig = NonNullable<ParseArgsConfig['options']>;

export function readOptions<const Options extends OptionConfig>(
  command: string,
  args: string[],
  options: Options,
): ReturnType<typeof parseArgs<{ args: string[]; options: Options; allowPositionals: true; strict: true }>> {
  try {
    const parsed = parseArgs({ args: joinNegativeValues(args), options, allowPositionals: true, strict: true });
    // The Node of old Electrons knows no defaults.
    const defaults = Object.entries(options).flatMap(([name, { default: value }]) =>
      value === undefined ? [] : [[name, value] as const],
    );
    return { ...parsed, values: { ...Object.fromEntries(defaults), ...parsed.values } };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new Think2SegError(
      'USAGE',
      `${message.split('. ')[0] ?? message} (think2seg ${command} --help lists the options)`,
    );
  }
}

/** `--bbox -70.1,2,3,4` must not be taken for an option that starts with `-7`. */
function joinNegativeValues(args: string[]): string[] {
  const joined: string[] = [];
  for (const argument of args) {
    const previous = joined.at(-1);
    if (/^-[\d.]/.test(argument) && previous !== undefined && /^--[a-z-]+$/.test(previous)) {
      joined[joined.length - 1] = `${previous}=${argument}`;
    } else {
      joined.push(argument);
    }
  }
  return joined;
}

/** `a,b,c` as numbers, exactly `count` of them (or any of several counts). */
export function readNumberList(option: string, text: string, counts: readonly number[]): number[] {
  const numbers = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  if (!counts.includes(numbers.length) || numbers.some((value) => !Number.isFinite(value))) {
    throw new Think2SegError(
      'USAGE',
      `--${option} got ${JSON.stringify(text)}, expected ${counts.join(' or ')} numbers separated by commas`,
    );
  }
  return numbers;
}

export function readIntegerList(option: string, text: string, counts: readonly number[]): number[] {
  const numbers = readNumberList(option, text, counts);
  if (numbers.some((value) => !Number.isInteger(value))) {
    throw new Think2SegError('USAGE', `--${option} got ${JSON.stringify(text)}, expected whole numbers`);
  }
  return numbers;
}

export function readNonNegative(option: string, text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!Number.isFinite(value) || value < 0) {
    throw new Think2SegError('USAGE', `--${option} got ${JSON.stringify(text)}, expected a number of 0 or more`);
  }
  return value;
}

const mebibyte = 2 ** 20;
const bytesPerUnit = new Map([
  ['M', mebibyte],
  ['G', mebibyte * 2 ** 10],
  ['T', mebibyte * 2 ** 20],
]);

/** What the program takes without a model. */
const leastMemoryBytes = 256 * mebibyte;

/** Bytes of a size as Slurm's `--mem` writes it (1500M, 4G, 1T; powers of 1024), but never without its unit. */
export function readMemory(option: string, text: string): number {
  const [, count, unit = ''] = /^(\d+(?:\.\d+)?)([MGT])$/i.exec(text.trim()) ?? [];
  const bytes = Math.floor(Number(count) * (bytesPerUnit.get(unit.toUpperCase()) ?? NaN));
  if (!(bytes >= leastMemoryBytes && Number.isSafeInteger(bytes))) {
    throw new Think2SegError(
      'USAGE',
      `--${option} got ${JSON.stringify(text)}, expected a size of 256M or more with its unit (M, G or T), such as 1500M or 4G`,
    );
  }
  return bytes;
}

export function readChoice<const Choices extends readonly string[]>(
  option: string,
  text: string,
  choices: Choices,
): Choices[number] {
  if (!choices.includes(text)) {
    throw new Think2SegError('USAGE', `--${option} got ${JSON.stringify(text)}, expected one of ${choices.join(', ')}`);
  }
  return text;
}

/** For commands that take options only. @throws USAGE */
export function refusePositionals(command: string, positionals: readonly string[]): void {
  if (positionals.length > 0) {
    throw new Think2SegError('USAGE', `think2seg ${command} takes options only, got ${positionals.join(' ')}`);
  }
}

/** The only positional argument of a command. */
export function readOnlyPositional(command: string, what: string, positionals: string[]): string {
  const [value, ...others] = positionals;
  if (value === undefined || others.length > 0) {
    throw new Think2SegError(
      'USAGE',
      `think2seg ${command} takes one ${what}, got ${positionals.length === 0 ? 'none' : positionals.join(' ')}`,
    );
  }
  return value;
}
