import { deflateSync } from 'node:zlib';

/** A TIFF as a test wants it. Sample (x, y) of band b is `value(x, y, b)`. */
export interface TiffRecipe {
  width: number;
  height: number;
  bands: number;
  /** 1 unsigned, 2 signed, 3 float. */
  sampleFormat?: 1 | 2 | 3;
  bits?: number;
  bigEndian?: boolean;
  bigTiff?: boolean;
  planar?: boolean;
  /** Tile size; strips of `rowsPerStrip` without it. */
  tile?: number;
  rowsPerStrip?: number;
  deflate?: boolean;
  /** 2 of TIFF; for 8 and 16 bits. */
  predictor?: boolean;
  photometric?: number;
  extraSamples?: number[];
  /** Blocks (by number) that are never written. */
  sparseBlocks?: number[];
  /** Further tags: doubles, shorts or text. */
  doubles?: Record<number, number[]>;
  shorts?: Record<number, number[]>;
  texts?: Record<number, string>;
  value: (x: number, y: number, band: number) => number;
}

/** Writes every layout by hand, so that the reader is not tested against itself. */
export function makeTiff(recipe: TiffRecipe): Buffer {
  const { width, height, bands, bits = 8, sampleFormat = 1, planar = false, tile } = recipe;
  const blockWidth = tile ?? width;
  const blockHeight = tile ?? recipe.rowsPerStrip ?? height;
  const across = Math.ceil(width / blockWidth);
  const down = Math.ceil(height / blockHeight);
  const planes = planar ? bands : 1;
  const blocks: Buffer[] = [];
  for (let plane = 0; plane < planes; plane += 1) {
    for (let row = 0; row < down; row += 1) {
      for (let column = 0; column < across; column += 1) {
        const rows = tile === undefined ? Math.min(blockHeight, height - row * blockHeight) : blockHeight;
        const isSparse = recipe.sparseBlocks?.includes(blocks.length) ?? false;
        const raw = isSparse
          ? Buffer.alloc(0)
          : blockBytes(recipe, column * blockWidth, row * blockHeight, blockWidth, rows, plane);
        blocks.push(recipe.deflate === true && !isSparse ? deflateSync(raw) : raw);
      }
    }
  }
  const writer = new TagWriter(recipe.bigEndian ?? false, recipe.bigTiff ?? false);
  writer.add(256, 4, [width]);
  writer.add(257, 4, [height]);
  writer.add(258, 3, new Array<number>(bands).fill(bits));
  writer.add(259, 3, [recipe.deflate === true ? 8 : 1]);
  writer.add(262, 3, [recipe.photometric ?? 1]);
  writer.add(277, 3, [bands]);
  writer.add(284, 3, [planar ? 2 : 1]);
  if (recipe.predictor === true) {
    writer.add(317, 3, [2]);
  }
  if (tile === undefined) {
    writer.add(278, 4, [blockHeight]);
  } else {
    writer.add(322, 4, [tile]);
    writer.add(323, 4, [tile]);
  }
  if (recipe.extraSamples !== undefined) {
    writer.add(338, 3, recipe.extraSamples);
  }
  writer.add(339, 3, new Array<number>(bands).fill(sampleFormat));
  Object.entries(recipe.doubles ?? {}).forEach(([tag, values]) => writer.add(Number(tag), 12, values));
  Object.entries(recipe.shorts ?? {}).forEach(([tag, values]) => writer.add(Number(tag), 3, values));
  Object.entries(recipe.texts ?? {}).forEach(([tag, text]) =>
    writer.add(Number(tag), 2, [...Buffer.from(`${text}\0`)]),
  );
  return writer.finish(blocks, tile === undefined ? [273, 279] : [324, 325]);
}

function blockBytes(recipe: TiffRecipe, x0: number, y0: number, width: number, rows: number, plane: number): Buffer {
  const { bands, bits = 8, sampleFormat = 1, planar = false, bigEndian = false } = recipe;
  const samples = planar ? 1 : bands;
  const rowBytes = Math.ceil((width * samples * bits) / 8);
  const bytes = Buffer.alloc(rowBytes * rows);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let row = 0; row < rows; row += 1) {
    for (let index = 0; index < width * samples; index += 1) {
      const x = x0 + Math.floor(index / samples);
      const at = (pixel: number): number =>
        x0 + pixel < recipe.width && y0 + row < recipe.height
          ? recipe.value(x0 + pixel, y0 + row, planar ? plane : index % samples)
          : 0;
      const previous = recipe.predictor === true && index >= samples ? at(x - x0 - 1) : 0;
      putSample(view, row * rowBytes, index, at(x - x0) - previous, { bits, sampleFormat, bigEndian });
    }
  }
  return bytes;
}

interface SampleKind {
  bits: number;
  sampleFormat: 1 | 2 | 3;
  bigEndian: boolean;
}

function putSample(
  view: DataView,
  rowStart: number,
  index: number,
  value: number,
  { bits, sampleFormat, bigEndian }: SampleKind,
): void {
  const at = rowStart + (index * bits) / 8;
  const little = !bigEndian;
  if (sampleFormat === 3) {
    if (bits === 64) {
      view.setFloat64(at, value, little);
    } else {
      view.setFloat32(at, value, little);
    }
  } else if (bits === 8) {
    view.setUint8(at, value & 0xff);
  } else if (bits === 16) {
    view.setUint16(at, value & 0xffff, little);
  } else if (bits === 32) {
    view.setUint32(at, value >>> 0, little);
  } else if (bits === 64) {
    view.setBigInt64(at, BigInt(value), little);
  } else {
    for (let bit = 0; bit < bits; bit += 1) {
      const position = index * bits + bit;
      const byte = rowStart + Math.floor(position / 8);
      if ((value >> (bits - 1 - bit)) & 1) {
        view.setUint8(byte, view.getUint8(byte) | (0x80 >> (position % 8)));
      }
    }
  }
}

/** Collects tags and lays out header, directory, values and blocks. */
class TagWriter {
  readonly #bigEndian: boolean;
  readonly #bigTiff: boolean;
  readonly #tags: { tag: number; type: number; values: readonly number[] }[] = [];

  constructor(bigEndian: boolean, bigTiff: boolean) {
    this.#bigEndian = bigEndian;
    this.#bigTiff = bigTiff;
  }

  /** Types: 2 text, 3 short, 4 long, 12 double, 16 long of 8 bytes. */
  add(tag: number, type: number, values: readonly number[]): void {
    this.#tags.push({ tag, type, values });
  }

  finish(blocks: readonly Buffer[], [offsetsTag, countsTag]: readonly [number, number]): Buffer {
    const offsetType = this.#bigTiff ? 16 : 4;
    const counts = blocks.map((block) => block.length);
    this.add(countsTag, 4, counts);
    this.add(offsetsTag, offsetType, new Array<number>(blocks.length).fill(0));
    const size = this.#layout().length;
    let end = size;
    const offsets = counts.map((count) => {
      const offset = count === 0 ? 0 : end;
      end += count;
      return offset;
    });
    this.#tags.pop();
    this.add(offsetsTag, offsetType, offsets);
    return Buffer.concat([this.#layout(), ...blocks]);
  }

  #layout(): Buffer {
    const tags = [...this.#tags].sort((left, right) => left.tag - right.tag);
    const wide = this.#bigTiff;
    const start = wide ? 16 : 8;
    const entryBytes = wide ? 20 : 12;
    const inlineBytes = wide ? 8 : 4;
    const tableEnd = start + (wide ? 8 : 2) + tags.length * entryBytes + inlineBytes;
    const head = Buffer.alloc(tableEnd);
    const extra: Buffer[] = [];
    let end = tableEnd;
    head.write(this.#bigEndian ? 'MM' : 'II', 'latin1');
    this.#number(head, 2, 2, wide ? 43 : 42);
    if (wide) {
      this.#number(head, 4, 2, 8);
    }
    this.#number(head, wide ? 8 : 4, inlineBytes, start);
    this.#number(head, start, wide ? 8 : 2, tags.length);
    tags.forEach(({ tag, type, values }, index) => {
      const at = start + (wide ? 8 : 2) + index * entryBytes;
      const bytes = this.#values(type, values);
      this.#number(head, at, 2, tag);
      this.#number(head, at + 2, 2, type);
      this.#number(head, at + 4, inlineBytes, values.length);
      if (bytes.length <= inlineBytes) {
        bytes.copy(head, at + 4 + inlineBytes);
      } else {
        this.#number(head, at + 4 + inlineBytes, inlineBytes, end);
        extra.push(bytes);
        end += bytes.length;
      }
    });
    return Buffer.concat([head, ...extra]);
  }

  #values(type: number, values: readonly number[]): Buffer {
    const size = type === 2 ? 1 : type === 3 ? 2 : type === 4 ? 4 : 8;
    const bytes = Buffer.alloc(size * values.length);
    values.forEach((value, index) => {
      if (type === 12) {
        new DataView(bytes.buffer, bytes.byteOffset).setFloat64(index * 8, value, !this.#bigEndian);
      } else {
        this.#number(bytes, index * size, size, value);
      }
    });
    return bytes;
  }

  #number(bytes: Buffer, at: number, size: number, value: number): void {
    if (size === 8) {
      bytes[this.#bigEndian ? 'writeBigUInt64BE' : 'writeBigUInt64LE'](BigInt(value), at);
    } else {
      bytes[this.#bigEndian ? 'writeUIntBE' : 'writeUIntLE'](value, at, size);
    }
  }
}
