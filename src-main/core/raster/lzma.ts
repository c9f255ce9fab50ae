/**
 * LZMA2 as the LZMA specification of the LZMA SDK describes it: a range coder with adaptive bit models, and matches
 * into the output already written. Bit models are 11-bit probabilities that start at one half.
 */
const half = 1024;

/** States after a literal, a match, a repeated match and a short repeat. */
const literalStates = 7;

class LengthModel {
  readonly choice = new Uint16Array(2);
  readonly low = new Uint16Array(16 << 3);
  readonly mid = new Uint16Array(16 << 3);
  readonly high = new Uint16Array(256);

  reset(): void {
    [this.choice, this.low, this.mid, this.high].forEach((models) => models.fill(half));
  }
}

export class Lzma2Decoder {
  /** Position in `output` after the last byte. */
  written: number;
  /** Position in `input` after the last byte used. */
  inputAt: number;

  readonly #input: Uint8Array;
  readonly #output: Uint8Array;
  #dictionaryStart: number;

  #range = 0;
  #code = 0;

  #lc = 0;
  #lpMask = 0;
  #pbMask = 0;
  #state = 0;
  readonly #rep = [0, 0, 0, 0];
  #literal = new Uint16Array(0);
  readonly #isMatch = new Uint16Array(12 << 4);
  readonly #isRep = new Uint16Array(12);
  readonly #isRepG0 = new Uint16Array(12);
  readonly #isRepG1 = new Uint16Array(12);
  readonly #isRepG2 = new Uint16Array(12);
  readonly #isRep0Long = new Uint16Array(12 << 4);
  readonly #posSlot = new Uint16Array(4 << 6);
  readonly #posSpecial = new Uint16Array(128);
  readonly #posAlign = new Uint16Array(16);
  readonly #matchLength = new LengthModel();
  readonly #repLength = new LengthModel();

  constructor(input: Uint8Array, inputStart: number, output: Uint8Array, outputStart: number) {
    this.#input = input;
    this.inputAt = inputStart;
    this.#output = output;
    this.written = outputStart;
    this.#dictionaryStart = outputStart;
  }

  /** Decodes chunks up to the end mark. Throws when the data end early or say more than the output holds. */
  run(): void {
    for (;;) {
      const control = this.#byte();
      if (control === 0) {
        return;
      }
      if (control < 0x80) {
        this.#copyChunk(control);
      } else {
        this.#lzmaChunk(control);
      }
    }
  }

  #byte(): number {
    const byte = this.#input[this.inputAt];
    if (byte === undefined) {
      throw new Error('LZMA data are cut off');
    }
    this.inputAt += 1;
    return byte;
  }

  #copyChunk(control: number): void {
    if (control > 2) {
      throw new Error(`LZMA2 control byte ${control} is not known`);
    }
    if (control === 1) {
      this.#dictionaryStart = this.written;
    }
    const size = ((this.#byte() << 8) | this.#byte()) + 1;
    const bytes = this.#input.subarray(this.inputAt, this.inputAt + size);
    if (bytes.length < size || this.written + size > this.#output.length) {
      throw new Error('an LZMA chunk does not fit');
    }
    this.#output.set(bytes, this.written);
    this.written += size;
    this.inputAt += size;
  }

  #lzmaChunk(control: number): void {
    const size = (((control & 0x1f) << 16) | (this.#byte() << 8) | this.#byte()) + 1;
    const packed = ((this.#byte() << 8) | this.#byte()) + 1;
    const reset = (control >> 5) & 3;
    if (reset === 3) {
      this.#dictionaryStart = this.written;
    }
    if (reset >= 2) {
      this.#setProperties(this.#byte());
    }
    if (reset >= 1) {
      this.#resetState();
    }
    const end = this.written + size;
    const inputEnd = this.inputAt + packed;
    if (end > this.#output.length || inputEnd > this.#input.length) {
      throw new Error('an LZMA chunk does not fit');
    }
    this.#byte();
    this.#range = 0xffffffff;
    this.#code = 0;
    for (let index = 0; index < 4; index += 1) {
      this.#code = ((this.#code << 8) | this.#byte()) >>> 0;
    }
    while (this.written < end) {
      this.#symbol(end);
    }
    if (this.inputAt > inputEnd) {
      throw new Error('an LZMA chunk is longer than it says');
    }
    this.inputAt = inputEnd;
  }

  #setProperties(byte: number): void {
    if (byte >= 225) {
      throw new Error(`LZMA properties ${byte} are not valid`);
    }
    this.#lc = byte % 9;
    const rest = Math.floor(byte / 9);
    this.#lpMask = (1 << (rest % 5)) - 1;
    this.#pbMask = (1 << Math.floor(rest / 5)) - 1;
    this.#literal = new Uint16Array(0x300 << (this.#lc + (rest % 5)));
  }

  #resetState(): void {
    this.#state = 0;
    this.#rep.fill(0);
    for (const models of [
      this.#literal,
      this.#isMatch,
      this.#isRep,
      this.#isRepG0,
      this.#isRepG1,
      this.#isRepG2,
      this.#isRep0Long,
      this.#posSlot,
      this.#posSpecial,
      this.#posAlign,
    ]) {
      models.fill(half);
    }
    this.#matchLength.reset();
    this.#repLength.reset();
  }

  #bit(models: Uint16Array, index: number): number {
    const model = models[index]!;
    const bound = (this.#range >>> 11) * model;
    let bit = 0;
    if (this.#code < bound) {
      this.#range = bound;
      models[index] = model + ((2048 - model) >> 5);
    } else {
      this.#range -= bound;
      this.#code -= bound;
      models[index] = model - (model >> 5);
      bit = 1;
    }
    this.#normalize();
    return bit;
  }

  #normalize(): void {
    if (this.#range < 0x1000000) {
      this.#range = (this.#range << 8) >>> 0;
      this.#code = ((this.#code << 8) | this.#byte()) >>> 0;
    }
  }

  #tree(models: Uint16Array, base: number, bits: number): number {
    let node = 1;
    for (let index = 0; index < bits; index += 1) {
      node = (node << 1) | this.#bit(models, base + node);
    }
    return node - (1 << bits);
  }

  #reverseTree(models: Uint16Array, base: number, bits: number): number {
    let node = 1;
    let value = 0;
    for (let index = 0; index < bits; index += 1) {
      const bit = this.#bit(models, base + node);
      node = (node << 1) | bit;
      value |= bit << index;
    }
    return value;
  }

  #directBits(count: number): number {
    let value = 0;
    for (let index = 0; index < count; index += 1) {
      this.#range >>>= 1;
      const bit = this.#code >= this.#range ? 1 : 0;
      if (bit === 1) {
        this.#code -= this.#range;
      }
      this.#normalize();
      value = value * 2 + bit;
    }
    return value;
  }

  /** One literal or one match. */
  #symbol(end: number): void {
    const position = (this.written - this.#dictionaryStart) & this.#pbMask;
    const state = this.#state;
    if (this.#bit(this.#isMatch, (state << 4) + position) === 0) {
      this.#literalByte();
      return;
    }
    let length: number;
    if (this.#bit(this.#isRep, state) === 0) {
      this.#rep[3] = this.#rep[2]!;
      this.#rep[2] = this.#rep[1]!;
      this.#rep[1] = this.#rep[0]!;
      length = this.#length(this.#matchLength, position);
      this.#rep[0] = this.#distance(length);
      this.#state = state < literalStates ? 7 : 10;
    } else {
      const isLatest = this.#bit(this.#isRepG0, state) === 0;
      if (isLatest && this.#bit(this.#isRep0Long, (state << 4) + position) === 0) {
        this.#state = state < literalStates ? 9 : 11;
        length = 1;
      } else {
        if (!isLatest) {
          this.#moveRepeatToFront(state);
        }
        length = this.#length(this.#repLength, position);
        this.#state = state < literalStates ? 8 : 11;
      }
    }
    this.#copyMatch(length, end);
  }

  /** An older distance than the latest is used again and becomes the latest. */
  #moveRepeatToFront(state: number): void {
    const rep = this.#rep;
    let distance: number;
    if (this.#bit(this.#isRepG1, state) === 0) {
      distance = rep[1]!;
    } else {
      if (this.#bit(this.#isRepG2, state) === 0) {
        distance = rep[2]!;
      } else {
        distance = rep[3]!;
        rep[3] = rep[2]!;
      }
      rep[2] = rep[1]!;
    }
    rep[1] = rep[0]!;
    rep[0] = distance;
  }

  #literalByte(): void {
    const output = this.#output;
    const previous = this.written > this.#dictionaryStart ? output[this.written - 1]! : 0;
    const place = (this.written - this.#dictionaryStart) & this.#lpMask;
    const base = 0x300 * ((place << this.#lc) + (previous >> (8 - this.#lc)));
    let symbol = 1;
    if (this.#state >= literalStates) {
      let matched = output[this.written - this.#rep[0]! - 1] ?? 0;
      while (symbol < 0x100) {
        const matchBit = (matched >> 7) & 1;
        matched <<= 1;
        const bit = this.#bit(this.#literal, base + ((1 + matchBit) << 8) + symbol);
        symbol = (symbol << 1) | bit;
        if (matchBit !== bit) {
          break;
        }
      }
    }
    while (symbol < 0x100) {
      symbol = (symbol << 1) | this.#bit(this.#literal, base + symbol);
    }
    output[this.written] = symbol & 0xff;
    this.written += 1;
    this.#state = this.#state < 4 ? 0 : this.#state < 10 ? this.#state - 3 : this.#state - 6;
  }

  #length(model: LengthModel, position: number): number {
    if (this.#bit(model.choice, 0) === 0) {
      return 2 + this.#tree(model.low, position << 3, 3);
    }
    if (this.#bit(model.choice, 1) === 0) {
      return 10 + this.#tree(model.mid, position << 3, 3);
    }
    return 18 + this.#tree(model.high, 0, 8);
  }

  #distance(length: number): number {
    const slot = this.#tree(this.#posSlot, Math.min(length - 2, 3) << 6, 6);
    if (slot < 4) {
      return slot;
    }
    const directBits = (slot >> 1) - 1;
    const start = (2 | (slot & 1)) * 2 ** directBits;
    if (slot < 14) {
      return start + this.#reverseTree(this.#posSpecial, start - slot, directBits);
    }
    return start + this.#directBits(directBits - 4) * 16 + this.#reverseTree(this.#posAlign, 0, 4);
  }

  #copyMatch(length: number, end: number): void {
    const from = this.written - this.#rep[0]! - 1;
    if (from < this.#dictionaryStart || this.written + length > end) {
      throw new Error('an LZMA match points outside the data');
    }
    for (let index = 0; index < length; index += 1) {
      this.#output[this.written + index] = this.#output[from + index]!;
    }
    this.written += length;
  }
}
