/** Who reads the progress on stderr: a person, a program, or nobody. */
import { readChoice } from './read-options.ts';

export const progressOptions = {
  progress: { type: 'string', default: 'text' },
  quiet: { type: 'boolean', default: false },
} as const;

export interface Printer<Event> {
  show(event: Event): void;
  end(): void;
}

/** One JSON object a line, as things happen. The one line of an error that may follow is never an object. */
class JsonLinePrinter<Event> implements Printer<Event> {
  readonly #stream: NodeJS.WritableStream;

  constructor(stream: NodeJS.WritableStream) {
    this.#stream = stream;
  }

  show(event: Event): void {
    this.#stream.write(`${JSON.stringify(event)}\n`);
  }

  end(): void {
    // Lines need no closing.
  }
}

/** @returns null for `--quiet`. */
export function choosePrinter<Event>(
  { progress, quiet }: { progress: string; quiet: boolean },
  forPeople: (stream: NodeJS.WriteStream) => Printer<Event>,
): Printer<Event> | null {
  const kind = readChoice('progress', progress, ['text', 'json']);
  if (quiet) {
    return null;
  }
  return kind === 'json' ? new JsonLinePrinter<Event>(process.stderr) : forPeople(process.stderr);
}
