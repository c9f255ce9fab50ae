import { Think2SegError } from '../../contract/errors.ts';
import { tag, type TiffDirectory } from './tiff-directory.ts';
import type { TiffLayout } from './tiff-layout.ts';

/** Where each block of a layout stands in the file; one that was never written has offset or length 0. */
export interface BlockTable {
  readonly offsets: Float64Array;
  readonly byteCounts: Float64Array;
}

/** The blocks of the layout, which are the strips or tiles of the file or parts of its strips. */
export async function readBlockTable(directory: TiffDirectory, layout: TiffLayout): Promise<BlockTable> {
  const stored = await readStoredTable(directory, layout);
  return layout.blockHeight === layout.storedBlockHeight ? stored : partsOfStrips(stored, directory.file.path, layout);
}

async function readStoredTable(directory: TiffDirectory, layout: TiffLayout): Promise<BlockTable> {
  const offsets = await directory.numbers(layout.isTiled ? tag.tileOffsets : tag.stripOffsets);
  const byteCounts = await directory.numbers(layout.isTiled ? tag.tileByteCounts : tag.stripByteCounts);
  if (offsets === null) {
    throw new Think2SegError(
      'INPUT_CORRUPT',
      `${directory.file.path} does not say where its pixels are; export it again`,
    );
  }
  if (byteCounts !== null) {
    return { offsets, byteCounts };
  }
  if (layout.compression !== 1) {
    throw new Think2SegError(
      'INPUT_CORRUPT',
      `${directory.file.path} does not say how long its blocks are; export it again`,
    );
  }
  // Old writers leave the sizes of uncompressed strips out: they follow from the rows.
  const { storedBlockHeight, blocksAcross, isTiled, height } = layout;
  const blocksDown = Math.ceil(height / storedBlockHeight);
  return {
    offsets,
    byteCounts: offsets.map((_, index) => {
      const row = Math.floor((index % (blocksAcross * blocksDown)) / blocksAcross);
      const rows = isTiled ? storedBlockHeight : Math.min(storedBlockHeight, height - row * storedBlockHeight);
      return rows * rowBytesOf(layout);
    }),
  };
}

/** Rows of an uncompressed strip lie one after the other, so that any of them can be read alone. */
function partsOfStrips({ offsets, byteCounts }: BlockTable, path: string, layout: TiffLayout): BlockTable {
  const { blockHeight, storedBlockHeight, blocksDown, height } = layout;
  const planes = layout.isPlanar ? layout.samplesPerPixel : 1;
  const stripsDown = Math.ceil(height / storedBlockHeight);
  const rowBytes = rowBytesOf(layout);
  const parts = { offsets: new Float64Array(planes * blocksDown), byteCounts: new Float64Array(planes * blocksDown) };
  for (let index = 0; index < planes * blocksDown; index += 1) {
    const firstRow = (index % blocksDown) * blockHeight;
    const stripRow = Math.floor(firstRow / storedBlockHeight);
    const strip = Math.floor(index / blocksDown) * stripsDown + stripRow;
    const offset = offsets[strip];
    const stored = byteCounts[strip];
    if (offset === undefined || stored === undefined) {
      throw new Think2SegError(
        'INPUT_CORRUPT',
        `${path} lists ${offsets.length} strips but needs strip ${strip}; export it again`,
      );
    }
    if (offset !== 0 && stored !== 0) {
      const firstStripRow = stripRow * storedBlockHeight;
      const expected = Math.min(storedBlockHeight, height - firstStripRow) * rowBytes;
      if (stored < expected) {
        throw new Think2SegError(
          'INPUT_CORRUPT',
          `${path} is damaged: strip ${strip} holds ${stored} bytes, expected ${expected}; copy or download the file again`,
        );
      }
      parts.offsets[index] = offset + (firstRow - firstStripRow) * rowBytes;
      parts.byteCounts[index] = Math.min(blockHeight, height - firstRow) * rowBytes;
    }
  }
  return parts;
}

function rowBytesOf({ blockWidth, isPlanar, samplesPerPixel, bitsPerSample }: TiffLayout): number {
  return Math.ceil((blockWidth * (isPlanar ? 1 : samplesPerPixel) * bitsPerSample) / 8);
}
