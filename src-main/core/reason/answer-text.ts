/** Text of an answer while it is written: complete characters only, ended by the closing answer tag. */
export class AnswerText {
  static readonly endTag = '</answer>';

  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  #text = '';
  #ended = false;

  /** All text so far, up to and including the end tag. */
  get text(): string {
    return this.#text;
  }

  /** The end tag has been written, be it in one token or in many. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Takes the bytes of the next token; returns the text that became complete by them, possibly none. */
  push(bytes: Uint8Array): string {
    return this.#append(this.#decoder.decode(bytes, { stream: true }));
  }

  /** Bytes that never became a character turn into replacement characters. */
  finish(): string {
    return this.#append(this.#decoder.decode());
  }

  #append(piece: string): string {
    if (this.#ended) {
      return '';
    }
    const known = this.#text.length;
    this.#text += piece;
    const tag = this.#text.indexOf(AnswerText.endTag, Math.max(0, known - AnswerText.endTag.length));
    if (tag >= 0) {
      this.#ended = true;
      this.#text = this.#text.slice(0, tag + AnswerText.endTag.length);
    }
    return this.#text.slice(known);
  }
}
