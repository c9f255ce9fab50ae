/** Between the window and the worker that reads one raster file. */
import type { Look } from './colour-tile.ts';
import type { Level, TileAddress } from './pyramid.ts';

export type TileRequest =
  | { readonly kind: 'open'; readonly url: string }
  | { readonly kind: 'tile'; readonly id: number; readonly address: TileAddress; readonly look: Look };

export type TileReply =
  | { readonly kind: 'opened'; readonly levels: readonly Level[] }
  /** Nothing of the file can be drawn. */
  | { readonly kind: 'unreadable'; readonly message: string }
  | { readonly kind: 'tile'; readonly id: number; readonly bitmap: ImageBitmap }
  | { readonly kind: 'tile-failed'; readonly id: number; readonly message: string };
