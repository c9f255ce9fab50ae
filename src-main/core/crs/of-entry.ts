import type { Crs } from '../../contract/geo.ts';
import { accuracyNote, shiftWords } from './datum-shift.ts';
import type { EpsgEntry } from './epsg-table.ts';

/** The CRS of an entry of the EPSG table. */
export function crsOfEntry(entry: EpsgEntry): Crs {
  const note = accuracyNote(entry.name, entry);
  return {
    name: entry.name,
    epsg: entry.code,
    wkt: entry.wkt,
    proj4: entry.proj4.includes('+nadgrids=@null')
      ? `${entry.proj4} +no_defs`
      : `${entry.proj4}${shiftWords(entry)} +no_defs`,
    isGeographic: /\+proj=longlat\b/.test(entry.proj4),
    ...(note === undefined ? {} : { accuracyNote: note }),
  };
}
