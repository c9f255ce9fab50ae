/**
 * The EPSG data set, reduced to what is needed here: about 6,300 two-dimensional CRSs with the WKT GDAL prints, a PROJ string
 * and the best datum shift that needs no grid file. Made from PROJ's own database by `test/reference/make_epsg_table.py`,
 * because the packages on npm lack codes (GDA2020), name grids that nobody has, or turn a rotation the wrong way round.
 */
import { brotliDecompressSync } from 'node:zlib';
import packed from './epsg-table.json';

export interface EpsgEntry {
  readonly code: number;
  readonly name: string;
  /** PROJ string with the ellipsoid's axes and without a datum. */
  readonly proj4: string;
  /** WKT1 as GDAL prints it. */
  readonly wkt: string;
  /** Code of the geographic CRS below. */
  readonly base?: number;
  readonly deprecated?: true;
  /** towgs84: 3 or 7 numbers in metres, arc-seconds and parts per million, position vector convention. Absent: none is known. */
  readonly shift?: readonly number[];
  /** Of that shift, in metres, as the EPSG data set states it. */
  readonly accuracy?: number;
  /** Where the shift was made for, when that is a small part of where the CRS is used. */
  readonly madeFor?: string;
  /** A grid file that would do better, and how well. */
  readonly grid?: string;
  readonly gridAccuracy?: number;
}

let entriesByCode: ReadonlyMap<number, EpsgEntry> | null = null;

/** Every entry by its code. The first call unpacks the table (tens of milliseconds). */
export function epsgEntries(): ReadonlyMap<number, EpsgEntry> {
  if (entriesByCode === null) {
    const lines = brotliDecompressSync(Buffer.from(packed.brotliBase64, 'base64')).toString('utf8').split('\n');
    const entries = lines.map((line) => JSON.parse(line) as EpsgEntry);
    entriesByCode = new Map(entries.map((entry) => [entry.code, entry]));
  }
  return entriesByCode;
}
