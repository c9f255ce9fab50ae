/** Reads, decodes and colours tiles of one raster beside the window, whose thread stays free for the hand that moves the map. */
import { fromUrl } from 'geotiff';
import { bandsToRead, colourTile, tileBorderPx, type TileSamples } from './colour-tile.ts';
import { RasterFile } from './raster-file.ts';
import { SampleCache } from './sample-cache.ts';
import type { TileReply, TileRequest } from './tile-messages.ts';

const port = self as unknown as {
  onmessage: ((event: MessageEvent<TileRequest>) => void) | null;
  postMessage(reply: TileReply, transfer?: Transferable[]): void;
};

let file: RasterFile | null = null;
const cache = new SampleCache(64 * 2 ** 20);

port.onmessage = ({ data }) => {
  void (data.kind === 'open' ? open(data.url) : drawTile(data));
};

async function open(url: string): Promise<void> {
  try {
    file = await RasterFile.open(await fromUrl(url, { allowFullFile: false }));
    port.postMessage({ kind: 'opened', levels: file.levels });
  } catch (thrown) {
    port.postMessage({ kind: 'unreadable', message: messageOf(thrown) });
  }
}

async function drawTile({ id, address, look }: Extract<TileRequest, { kind: 'tile' }>): Promise<void> {
  try {
    if (file === null) {
      throw new Error('a tile was asked for before the file was open');
    }
    const bands = bandsToRead(look);
    const key = [address.level, address.column, address.row, ...bands].join('/');
    const tile = cache.get(key) ?? cache.add(key, await file.readTile(address, bands));
    const bitmap = await createImageBitmap(toImageData(tile, colourTile(tile, look)));
    port.postMessage({ kind: 'tile', id, bitmap }, [bitmap]);
  } catch (thrown) {
    port.postMessage({ kind: 'tile-failed', id, message: messageOf(thrown) });
  }
}

function toImageData({ width, height }: TileSamples, rgba: Uint8ClampedArray<ArrayBuffer>): ImageData {
  return new ImageData(rgba, width + 2 * tileBorderPx, height + 2 * tileBorderPx);
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
