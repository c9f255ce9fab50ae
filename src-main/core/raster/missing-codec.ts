import { Think2SegError } from '../../contract/errors.ts';

/** What GDAL says of a TIFF in a compression that this build of it does not know; our own reader knows most of them. */
const missingCodec = / cannot be read: (.+): Cannot open TIFF file due to missing codec (\w+)/;

/** The compression that a failure of GDAL names, null when it is another one. */
export function missingCodecOf(thrown: unknown): string | null {
  return thrown instanceof Think2SegError ? (missingCodec.exec(thrown.message)?.[2] ?? null) : null;
}

/** The failure of a raster that is put together from others, said so that the user can do something about it; any other as it is. */
export function failureOfSources(path: string, thrown: unknown): unknown {
  const found = thrown instanceof Think2SegError ? missingCodec.exec(thrown.message) : null;
  if (found === null) {
    return thrown;
  }
  const [, source, codec] = found;
  return new Think2SegError(
    'INPUT_UNSUPPORTED',
    `${path} is put together from ${source!}, a TIFF with ${codec} compression, which is read here when that file itself is opened or a plain mosaic lays it out, but not when a VRT computes with it; make the mosaic with gdalbuildvrt alone, or from copies of the files (gdal_translate -co COMPRESS=DEFLATE)`,
    { cause: thrown },
  );
}
