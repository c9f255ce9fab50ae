import { Think2SegError } from '../../contract/errors.ts';

/** Formats of geodata that neither our reader nor this build of GDAL knows, by how their files start (latin1). */
const formatsWithoutReader: readonly { readonly start: RegExp; readonly name: string }[] = [
  { start: /^\0\0\0\x0cjP {2}\r\n\x87\n|^\xff\x4f\xff\x51/, name: 'JPEG 2000' },
  { start: /^msid/, name: 'MrSID' },
  { start: /^\x89HDF\r\n\x1a\n|^CDF[\x01\x02\x05]/, name: 'HDF5 or netCDF' },
  { start: /^\0\0\0\x0cJXL |^\xff\x0a/, name: 'JPEG XL' },
];

/**
 * @param start first bytes of the file as latin1.
 * @throws Think2SegError INPUT_UNSUPPORTED that names the format.
 */
export function refuseFormatWithoutReader(path: string, start: string): void {
  const format = formatsWithoutReader.find((candidate) => candidate.start.test(start));
  if (format !== undefined) {
    throw new Think2SegError(
      'INPUT_UNSUPPORTED',
      `${path} is a ${format.name} file, which no reader here knows; convert it with a GDAL that does: gdal_translate -co COMPRESS=DEFLATE IN OUT.tif`,
    );
  }
}
