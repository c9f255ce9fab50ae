import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { Crs } from '../../../src-main/contract/geo.ts';
import type { SceneInfo } from '../../../src-main/contract/scene.ts';
import { crsFromEpsg } from '../../../src-main/core/crs/from-epsg.ts';
import { crsFromWkt } from '../../../src-main/core/crs/from-wkt.ts';
import { lonLatTransform } from '../../../src-main/core/crs/lon-lat.ts';
import type { RasterSource } from '../../../src-main/core/ports.ts';
import { openRaster } from '../../../src-main/core/raster/open-raster.ts';
import reference from '../../fixtures/crs/rasterio-crs.json';
import { tiffOfGeoKeys, type GeoKeys } from '../../support/geo-key-tiff.ts';
import { sharedDataMissing, sharedPath } from '../../support/shared-data.ts';

async function sceneAt(path: string): Promise<RasterSource> {
  const scene = await openRaster(path, new AbortController().signal);
  await scene.close();
  return scene;
}

const folder = mkdtempSync(join(tmpdir(), 'think2seg-crs-'));
afterAll(() => rmSync(folder, { recursive: true }));

function sceneOfKeys(keys: GeoKeys): Promise<RasterSource> {
  const path = join(folder, 'keys.tif');
  writeFileSync(path, tiffOfGeoKeys(keys));
  return sceneAt(path);
}

async function crsFromGeoKeys(keys: GeoKeys): Promise<Crs | null> {
  return (await sceneOfKeys(keys)).crs;
}

async function infoOfKeys(keys: GeoKeys): Promise<SceneInfo> {
  return (await sceneOfKeys(keys)).info;
}

describe.skipIf(sharedDataMissing !== null)('GeoKeys of real files, against rasterio', () => {
  test.each(reference.files)('$path is EPSG $epsg', async ({ path, epsg, wkt }) => {
    const { crs } = (await sceneAt(sharedPath(`data/${path}`))).info;
    if (wkt === null) {
      expect(crs).toBeNull();
      return;
    }
    expect(crs?.epsg ?? null).toBe(epsg);
    // A system recognised by its parameters gets the name EPSG gives it.
    const isNamed = epsg === null || wkt.endsWith(`AUTHORITY["EPSG","${epsg}"]]`);
    expect(isNamed).toBe(path !== 'formats_misc/lc.tif');
    expect(isNamed ? crs?.name : 'Albers Conical Equal Area').toBe(/^\w+\["([^"]*)"/.exec(wkt)?.[1]);
  });

  test.each(reference.files.filter(({ epsg, path }) => epsg !== null && path !== 'formats_misc/lc.tif'))(
    '$path: WKT as GDAL prints it',
    async ({ epsg, wkt }) => {
      expect((await crsFromEpsg(epsg ?? 0)).wkt).toBe(wkt);
    },
  );

  test('lists every GeoTIFF there is', () => {
    const known = new Set(reference.files.map(({ path }) => path));
    const found = readdirSync(sharedPath('data'), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .flatMap(({ name }) => readdirSync(sharedPath(`data/${name}`)).map((file) => `${name}/${file}`))
      .filter((path) => path.endsWith('.tif'));
    expect(found.filter((path) => !known.has(path))).toEqual([]);
  });
});

const userDefined = {
  GTModelTypeGeoKey: 1,
  GTRasterTypeGeoKey: 1,
  ProjectedCSTypeGeoKey: 32767,
  ProjectionGeoKey: 32767,
};

describe('user-defined GeoKeys', () => {
  test('projection, US feet and a named datum keep its shift', async () => {
    const crs = await crsFromGeoKeys({
      ...userDefined,
      GTCitationGeoKey: 'My grid',
      GeographicTypeGeoKey: 4314,
      ProjCoordTransGeoKey: 1,
      ProjLinearUnitsGeoKey: 9003,
      ProjNatOriginLongGeoKey: 10.5,
      ProjNatOriginLatGeoKey: 0,
      ProjScaleAtNatOriginGeoKey: 1,
      ProjFalseEastingGeoKey: 1000,
      ProjFalseNorthingGeoKey: 0,
    });
    expect(crs).toMatchObject({ name: 'My grid', isGeographic: false });
    expect(crs?.epsg).toBeUndefined();
    expect(crs?.proj4).toMatch(
      /\+proj=tmerc .*\+units=us-ft .*\+towgs84=598\.1,73\.7,418\.2,0\.202,0\.045,-2\.455,6\.7/,
    );
    expect(crs?.wkt).toMatch(/^PROJCS\["My grid",GEOGCS\["DHDN"/);
  });

  test('GeogTOWGS84GeoKey is taken', async () => {
    const crs = await crsFromGeoKeys({
      GTModelTypeGeoKey: 2,
      GTRasterTypeGeoKey: 1,
      GeographicTypeGeoKey: 32767,
      GeogCitationGeoKey: 'Local',
      GeogGeodeticDatumGeoKey: 32767,
      GeogEllipsoidGeoKey: 7004,
      GeogAngularUnitsGeoKey: 9102,
      GeogTOWGS84GeoKey: Float64Array.of(674.374, 15.056, 405.346),
    });
    expect(crs?.proj4).toMatch(/\+a=6377397\.155 \+rf=299\.1528128\d* \+towgs84=674\.374,15\.056,405\.346/);
    expect(crs?.isGeographic).toBe(true);
  });

  test('parameters of a known CRS are recognised', async () => {
    const crs = await crsFromGeoKeys({
      ...userDefined,
      GTCitationGeoKey: 'whatever',
      GeographicTypeGeoKey: 4258,
      ProjCoordTransGeoKey: 10,
      ProjLinearUnitsGeoKey: 9001,
      ProjCenterLongGeoKey: 10,
      ProjCenterLatGeoKey: 52,
      ProjFalseEastingGeoKey: 4321000,
      ProjFalseNorthingGeoKey: 3210000,
    });
    expect(crs?.epsg).toBe(3035);
  });

  test('no keys are no CRS', async () => {
    expect((await infoOfKeys({})).crs).toBeNull();
  });

  test.each([
    ['geocentric coordinates', { GTModelTypeGeoKey: 3, GeographicTypeGeoKey: 4978 }, 'GEOCCS'],
    ['a local system', { GTModelTypeGeoKey: 32767, GTCitationGeoKey: 'site' }, 'LOCAL_CS'],
    ['keys that say nothing of a CRS', { GTRasterTypeGeoKey: 1 }, 'LOCAL_CS'],
  ])('%s open, and the warning says that areas are not measured', async (_name, keys, kind) => {
    expect(await crsFromGeoKeys(keys)).toBeNull();
    const { crs, warnings } = await infoOfKeys(keys);
    expect(crs?.epsg).toBeUndefined();
    expect(warnings.join('; ')).toMatch(new RegExp(`is of kind ${kind},.*areas are not measured`, 'u'));
  });
});

const esriUtm =
  'PROJCS["NAD_1983_UTM_Zone_10N",GEOGCS["GCS_North_American_1983",DATUM["D_North_American_1983",SPHEROID["GRS_1980",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",-123.0],PARAMETER["Scale_Factor",0.9996],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]';
const esriWgs84 =
  'GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]';
const wkt2Utm =
  'PROJCRS["WGS 84 / UTM zone 33N",BASEGEOGCRS["WGS 84",DATUM["World Geodetic System 1984",ELLIPSOID["WGS 84",6378137,298.257223563]]],CONVERSION["UTM zone 33N",METHOD["Transverse Mercator",ID["EPSG",9807]],PARAMETER["Latitude of natural origin",0,ANGLEUNIT["degree",0.0174532925199433],ID["EPSG",8801]],PARAMETER["Longitude of natural origin",15,ANGLEUNIT["degree",0.0174532925199433],ID["EPSG",8802]],PARAMETER["Scale factor at natural origin",0.9996,SCALEUNIT["unity",1],ID["EPSG",8805]],PARAMETER["False easting",500000,LENGTHUNIT["metre",1],ID["EPSG",8806]],PARAMETER["False northing",0,LENGTHUNIT["metre",1],ID["EPSG",8807]]],CS[Cartesian,2],AXIS["(E)",east],AXIS["(N)",north],LENGTHUNIT["metre",1],ID["EPSG",32633]]';

describe('WKT', () => {
  test.each([
    ['Esri UTM', esriUtm, 26910],
    ['Esri WGS 84', esriWgs84, 4326],
    ['WKT 2', wkt2Utm, 32633],
    ['WKT 2 without its code', wkt2Utm.replace(',ID["EPSG",32633]', ''), 32633],
  ])('%s is recognised', async (_name, wkt, epsg) => {
    expect((await crsFromWkt(wkt)).epsg).toBe(epsg);
  });

  test('a compound CRS gives its horizontal part', async () => {
    const crs = await crsFromEpsg(7415);
    expect(crs).toMatchObject({ epsg: 28992, name: 'Amersfoort / RD New' });
  });

  test('what GDAL printed for a table entry comes back as it was', async () => {
    for (const code of [2056, 27700, 4807, 3031, 2263, 5514]) {
      const crs = await crsFromEpsg(code);
      expect(await crsFromWkt(crs.wkt)).toEqual(crs);
    }
  });

  test('another body keeps its radius and says that it is not the Earth', async () => {
    const crs = await crsFromWkt(
      'PROJCS["Equirectangular EUROPA",GEOGCS["GCS_EUROPA",DATUM["D_EUROPA",SPHEROID["EUROPA_localRadius",1560800,0]],PRIMEM["Reference_Meridian",0],UNIT["degree",0.0174532925199433]],PROJECTION["Equirectangular"],PARAMETER["standard_parallel_1",0],PARAMETER["central_meridian",180],PARAMETER["false_easting",0],PARAMETER["false_northing",0],UNIT["metre",1]]',
    );
    expect(crs.accuracyNote).toContain('not on the Earth');
    const [lon, lat] = lonLatTransform(crs).forward([-1_379_262, 630_270]);
    expect(lon).toBeCloseTo(180 - (1_379_262 / 1_560_800) * (180 / Math.PI), 7);
    expect(lat).toBeCloseTo((630_270 / 1_560_800) * (180 / Math.PI), 7);
  });

  test.each([
    ['a local system', 'LOCAL_CS["site",UNIT["metre",1]]'],
    ['a height', 'VERT_CS["EGM96 height",VERT_DATUM["EGM96 geoid",2005],UNIT["metre",1],AXIS["Up",UP]]'],
    ['no WKT', 'UTM 33 North'],
    ['a torn WKT', 'PROJCS["WGS 84 / UTM zone 33N",GEOGCS["WGS 84"'],
  ])('%s is refused', async (_name, wkt) => {
    await expect(crsFromWkt(wkt)).rejects.toMatchObject({ code: 'CRS_UNSUPPORTED' });
  });
});
