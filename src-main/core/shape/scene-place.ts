import type { Crs, Geotransform } from '../../contract/geo.ts';
import { fileIdentity } from '../files/file-identity.ts';
import type { RasterReader } from '../ports.ts';

/** What geometry needs to know of a scene. */
export interface ScenePlace {
  readonly crs: Crs | null;
  /** Pixel to map; without georeference pixels with y negated. */
  readonly transform: Geotransform;
}

/** Where GIS programs show an image without georeference. */
export const pixelsAsMap: Geotransform = [1, 0, 0, 0, -1, 0];

/** Places of scenes that were asked for, so that a live preview opens no file. */
export class ScenePlaces {
  readonly #rasters: RasterReader;
  readonly #known = new Map<string, { identity: string; place: ScenePlace }>();

  constructor(rasters: RasterReader) {
    this.#rasters = rasters;
  }

  /** @throws Think2SegError what opening the raster throws. */
  async of(path: string, signal: AbortSignal): Promise<ScenePlace> {
    const identity = await fileIdentity(path);
    const known = this.#known.get(path);
    if (known !== undefined && known.identity === identity) {
      return known.place;
    }
    const source = await this.#rasters.open(path, signal);
    try {
      const place = { crs: source.crs, transform: source.transform ?? pixelsAsMap };
      if (identity !== null) {
        this.#known.set(path, { identity, place });
      }
      return place;
    } finally {
      await source.close();
    }
  }
}
