import { Think2SegError } from '../../contract/errors.ts';
import type { Crs } from '../../contract/geo.ts';
import type { SceneInfo } from '../../contract/scene.ts';
import { crsFromWkt } from '../crs/from-wkt.ts';
import { keepNewest } from '../keep-newest.ts';
import { verticalNameOf } from '../crs/vertical-name.ts';

export interface SceneCrs {
  readonly crs: Crs | null;
  readonly info: SceneInfo['crs'];
  readonly warning: string | null;
}

const keptSystems = 64;
/** By WKT, oldest use first: the second question on a scene need not read it again. */
const known = new Map<string, SceneCrs>();

/** The CRS of a scene from the WKT GDAL gives for it. One that cannot be used is reported and warned of, never dropped. */
export async function resolveSceneCrs(wkt: string | undefined): Promise<SceneCrs> {
  if (wkt === undefined || wkt.trim() === '') {
    return { crs: null, info: null, warning: 'no coordinate reference system: areas and lengths are not measured' };
  }
  const sceneCrs = known.get(wkt) ?? (await readSceneCrs(wkt));
  keepNewest(known, wkt, sceneCrs, keptSystems);
  return sceneCrs;
}

async function readSceneCrs(wkt: string): Promise<SceneCrs> {
  try {
    const crs = await crsFromWkt(wkt);
    const vertical = verticalNameOf(wkt);
    return {
      crs,
      info: {
        ...(crs.epsg === undefined ? {} : { epsg: crs.epsg }),
        wkt: crs.wkt,
        name: crs.name,
        ...(vertical === null ? {} : { vertical }),
        ...(crs.accuracyNote === undefined ? {} : { accuracyNote: crs.accuracyNote }),
      },
      warning: vertical === null ? null : `heights are not used: ${vertical} is left out, results are in ${crs.name}`,
    };
  } catch (thrown) {
    if (!(thrown instanceof Think2SegError) || thrown.code !== 'CRS_UNSUPPORTED') {
      throw thrown;
    }
    const name = /"([^"]*)"/.exec(wkt)?.[1] ?? 'unnamed';
    return { crs: null, info: { wkt, name }, warning: `${thrown.message}; until then areas are not measured` };
  }
}
