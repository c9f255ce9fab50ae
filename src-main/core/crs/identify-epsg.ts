import { comparableCrsName } from './crs-name.ts';
import { epsgEntries, type EpsgEntry } from './epsg-table.ts';
import { childOf, epsgCodeOf, type WktNode } from './wkt-tree.ts';

/** Values that a PROJ string may leave out. */
const defaults: Readonly<Record<string, number>> = { lat_0: 0, lon_0: 0, x_0: 0, y_0: 0, k: 1, lat_ts: 0, gamma: 0 };
const datumNames = new Set(['a', 'b', 'rf', 'nadgrids', 'no_defs', 'towgs84']);

type Parameters = ReadonlyMap<string, string | number>;

/**
 * The EPSG entry that says the same as a WKT without a code: same projection and parameters on the same geographic CRS. Where that CRS
 * is known by its datum only, the names must agree too, because other authorities define look-alikes under names of their own.
 *
 * @param words PROJ string of the WKT without datum and ellipsoid, split.
 * @param baseCode EPSG code of the geographic CRS below, if known.
 */
export function identifyEpsg(
  root: WktNode,
  words: readonly string[],
  baseCode: number | undefined,
): EpsgEntry | undefined {
  if (baseCode === undefined || (root.keyword === 'GEOGCS' && root.children.length === 0)) {
    return undefined;
  }
  const geographic = root.keyword === 'GEOGCS' ? root : childOf(root, 'GEOGCS');
  const baseIsNamed = geographic !== undefined && geographic !== root && epsgCodeOf(geographic) !== undefined;
  const name = comparableCrsName(String(root.values[0] ?? ''));
  const wanted = parametersOf(words);
  const matches = [...epsgEntries().values()].filter(
    (entry) =>
      (root.keyword === 'GEOGCS' ? entry.code === baseCode : entry.base === baseCode && entry.code !== baseCode) &&
      (baseIsNamed || comparableCrsName(entry.name) === name) &&
      sameParameters(wanted, parametersOf(entry.proj4.split(' '))),
  );
  return (
    matches.find((entry) => comparableCrsName(entry.name) === name) ??
    matches.find((entry) => entry.deprecated !== true) ??
    matches[0]
  );
}

function parametersOf(words: readonly string[]): Parameters {
  const parameters = new Map<string, string | number>();
  for (const word of words) {
    const [rawName = '', text = ''] = word.replace(/^\+/, '').split('=');
    const name = rawName === 'k_0' ? 'k' : rawName;
    if (datumNames.has(name) || (name === 'units' && text === 'm')) {
      continue;
    }
    const number = Number(text);
    const value = text === '' || Number.isNaN(number) ? text : number;
    if (value !== defaults[name]) {
      parameters.set(name, value);
    }
  }
  return parameters;
}

function sameParameters(left: Parameters, right: Parameters): boolean {
  if (left.size !== right.size) {
    return false;
  }
  for (const [name, value] of left) {
    const other = right.get(name);
    const same =
      typeof value === 'number' && typeof other === 'number'
        ? Math.abs(value - other) <= 1e-9 * Math.max(1, Math.abs(value))
        : value === other;
    if (!same) {
      return false;
    }
  }
  return true;
}
