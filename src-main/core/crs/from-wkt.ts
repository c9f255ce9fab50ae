import { Think2SegError } from '../../contract/errors.ts';
import type { Crs } from '../../contract/geo.ts';
import { convertSpatialReference, projStringOf } from '../gdal/spatial-reference.ts';
import { accuracyNote, shiftWords } from './datum-shift.ts';
import { epsgEntries } from './epsg-table.ts';
import { isOnEarth } from './earth.ts';
import { identifyEpsg } from './identify-epsg.ts';
import { crsOfEntry } from './of-entry.ts';
import { datumFactsOf } from './wkt-datum.ts';
import { childOf, epsgCodeOf, parseWkt, writeWkt, type WktNode } from './wkt-tree.ts';

/** Words of a PROJ string that say the figure of the Earth; they are written anew from the WKT. */
const datumWord = /^\+(datum|ellps|a|b|R|rf|f|towgs84|nadgrids|geoidgrids|vunits|no_defs|type|wktext)\b/;

/**
 * The horizontal CRS of a WKT: WKT 1 of GDAL or Esri, WKT 2. Vertical parts are left out. A definition that carries an EPSG code, or
 * says exactly what one does, becomes that CRS.
 *
 * @throws Think2SegError CRS_UNSUPPORTED for local, geocentric and vertical systems and for what PROJ does not understand.
 */
export async function crsFromWkt(wkt: string): Promise<Crs> {
  const given = parseWkt(wkt);
  const named = isHorizontal(given) ? entryOf(given) : undefined;
  if (named !== undefined) {
    return crsOfEntry(named);
  }
  const root = horizontalPart(parseWkt(await convertSpatialReference(wkt, 'WKT1_GDAL')));
  const known = entryOf(root);
  if (known !== undefined) {
    return crsOfEntry(known);
  }
  const horizontalWkt = writeWkt(root);
  const projString = await projStringOf(horizontalWkt);
  if (projString === null) {
    throw new Think2SegError(
      'CRS_UNSUPPORTED',
      `PROJ has no formula for the coordinate reference system ${nameOf(root)}; reproject the raster to a common one (for example UTM)`,
    );
  }
  return crsOfWkt(root, horizontalWkt, projString);
}

function crsOfWkt(root: WktNode, wkt: string, projString: string): Crs {
  const words = projString.split(/\s+/).filter((word) => word !== '' && !datumWord.test(word));
  const datum = datumFactsOf(root);
  const identified = identifyEpsg(root, words, datum.baseCode);
  if (identified !== undefined) {
    return crsOfEntry(identified);
  }
  const name = nameOf(root);
  const proj4 = `${words.join(' ')} ${datum.ellipsoidWords}${shiftWords(datum)} +no_defs`;
  const note = isOnEarth({ proj4 })
    ? accuracyNote(name, datum)
    : `${name} is not on the Earth: longitude and latitude are those of its own body, with a radius of ${datum.semiMajorM} m`;
  return {
    name,
    wkt,
    proj4,
    isGeographic: root.keyword === 'GEOGCS',
    ...(note === undefined ? {} : { accuracyNote: note }),
  };
}

function entryOf(node: WktNode) {
  const code = epsgCodeOf(node);
  return code === undefined ? undefined : epsgEntries().get(code);
}

function isHorizontal({ keyword }: WktNode): boolean {
  return ['PROJCS', 'GEOGCS', 'PROJCRS', 'PROJECTEDCRS', 'GEOGCRS', 'GEOGRAPHICCRS', 'GEODCRS'].includes(keyword);
}

/** The projected or geographic system inside a WKT 1 that may be compound. */
function horizontalPart(root: WktNode): WktNode {
  const part = root.keyword === 'COMPD_CS' ? childOf(root, 'PROJCS', 'GEOGCS') : root;
  if (part?.keyword !== 'PROJCS' && part?.keyword !== 'GEOGCS') {
    throw new Think2SegError(
      'CRS_UNSUPPORTED',
      `the coordinate reference system ${nameOf(root)} is of kind ${root.keyword}, expected a projected or geographic one; reproject the raster or remove its CRS`,
    );
  }
  return part;
}

function nameOf(node: WktNode): string {
  return String(node.values[0] ?? 'unnamed');
}
