import { epsgEntries, type EpsgEntry } from './epsg-table.ts';
import { comparableCrsName } from './crs-name.ts';
import { childOf, epsgCodeOf, type WktNode } from './wkt-tree.ts';

/** What a WKT 1 says of its datum, completed from the EPSG table. */
export interface DatumFacts extends Pick<EpsgEntry, 'shift' | 'accuracy' | 'madeFor' | 'grid' | 'gridAccuracy'> {
  readonly semiMajorM: number;
  /** The ellipsoid in a PROJ string. */
  readonly ellipsoidWords: string;
  /** EPSG code of the geographic CRS below, where the WKT names it or its datum. */
  readonly baseCode?: number;
}

/** `root` is a GEOGCS, or a PROJCS with one in it. */
export function datumFactsOf(root: WktNode): DatumFacts {
  const geographic = root.keyword === 'GEOGCS' ? root : childOf(root, 'GEOGCS');
  const datum = geographic === undefined ? undefined : childOf(geographic, 'DATUM');
  const spheroid = datum === undefined ? undefined : childOf(datum, 'SPHEROID', 'ELLIPSOID');
  const semiMajorM = Number(spheroid?.values[1]);
  const inverseFlattening = Number(spheroid?.values[2]);
  const ellipsoidWords =
    inverseFlattening === 0 ? `+a=${semiMajorM} +b=${semiMajorM}` : `+a=${semiMajorM} +rf=${inverseFlattening}`;

  const entry = geographic === undefined ? undefined : baseEntry(geographic, datum);
  const base = { semiMajorM, ellipsoidWords, ...(entry === undefined ? {} : { baseCode: entry.code }) };
  const given = datum === undefined ? undefined : childOf(datum, 'TOWGS84');
  if (given !== undefined) {
    // The author of the file knows best; how good the shift is, only they know.
    return { ...base, shift: given.values.map(Number), accuracy: 0 };
  }
  if (entry === undefined) {
    // PROJ's name for a bare ellipsoid: made for WGS 84, where the two coincide, it needs no shift.
    return isWgs84Ellipsoid(semiMajorM, inverseFlattening) ? { ...base, shift: [0, 0, 0], accuracy: 2 } : base;
  }
  const { shift, accuracy, madeFor, grid, gridAccuracy } = entry;
  return {
    ...base,
    ...(shift === undefined ? {} : { shift }),
    ...(accuracy === undefined ? {} : { accuracy }),
    ...(madeFor === undefined ? {} : { madeFor }),
    ...(grid === undefined ? {} : { grid }),
    ...(gridAccuracy === undefined ? {} : { gridAccuracy }),
  };
}

function baseEntry(geographic: WktNode, datum: WktNode | undefined): EpsgEntry | undefined {
  const entries = epsgEntries();
  const code = epsgCodeOf(geographic);
  if (code !== undefined) {
    return entries.get(code);
  }
  const datumCode = datum === undefined ? undefined : epsgCodeOf(datum);
  const wantedCode = datumCode === undefined ? undefined : `AUTHORITY["EPSG","${datumCode}"]]`;
  const name = comparableCrsName(String(geographic.values[0] ?? ''));
  const spheroid = datum === undefined ? undefined : childOf(datum, 'SPHEROID', 'ELLIPSOID');
  const axes = `+a=${String(spheroid?.values[1])} `;
  for (const entry of entries.values()) {
    const isBase = entry.base === entry.code && entry.deprecated !== true;
    const isSame =
      wantedCode === undefined
        ? comparableCrsName(entry.name) === name && `${entry.proj4} `.includes(axes)
        : datumText(entry.wkt)?.endsWith(wantedCode) === true;
    if (isBase && isSame) {
      return entry;
    }
  }
  return undefined;
}

function datumText(wkt: string): string | undefined {
  return /DATUM\[.*?\](?=,PRIMEM)/.exec(wkt)?.[0];
}

function isWgs84Ellipsoid(semiMajorM: number, inverseFlattening: number): boolean {
  return semiMajorM === 6378137 && Math.abs(inverseFlattening - 298.257) < 0.001;
}
