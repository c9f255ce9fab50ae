import type { Crs } from '../../contract/geo.ts';
import { layerDefinition } from '../gdal/gdal-definition.ts';
import { gdalVectorGeoJson, gdalVectorTranslateToBytes } from '../gdal/gdal.ts';
import { keepNewest } from '../keep-newest.ts';

/** How a CRS stands in a GeoPackage. */
export interface GeoPackageSrs {
  /** Of the layer. */
  readonly id: number;
  /** Of `gpkg_spatial_ref_sys`, with those that every file has. */
  readonly rows: readonly SrsRow[];
}

export interface SrsRow {
  readonly srs_name: string;
  readonly srs_id: number;
  readonly organization: string;
  readonly organization_coordsys_id: number;
  readonly definition: string;
  readonly description: string | null;
}

const emptyLayer = '{"type":"FeatureCollection","features":[]}';
const keptSystems = 16;
const known = new Map<string, Promise<GeoPackageSrs | null>>();

/** What GDAL writes for the CRS; null where that takes more than the columns of `SrsRow` (systems that need WKT 2). Asked once for each. */
export async function geoPackageSrs(crs: Crs | null): Promise<GeoPackageSrs | null> {
  const definition = layerDefinition(crs, 'GPKG');
  const asked = known.get(definition) ?? askGdal(definition);
  keepNewest(known, definition, asked, keptSystems);
  try {
    return await asked;
  } catch (thrown) {
    known.delete(definition);
    throw thrown;
  }
}

async function askGdal(definition: string): Promise<GeoPackageSrs | null> {
  const bytes = await gdalVectorTranslateToBytes({ bytes: emptyLayer, extension: '.geojson' }, 'srs.gpkg', [
    ...['-f', 'GPKG', '-nln', 'layer', '-nlt', 'MULTIPOLYGON', '-a_srs', definition],
  ]);
  const sql =
    'SELECT srs.*, srs.srs_id = layer.srs_id AS of_layer FROM gpkg_spatial_ref_sys AS srs, gpkg_geometry_columns AS layer ORDER BY srs.srs_id';
  const text = await gdalVectorGeoJson({ bytes, extension: '.gpkg' }, ['-sql', sql]);
  const { features } = JSON.parse(text) as { features: { properties: SrsRow & { of_layer: number } }[] };
  const rows = features.map(({ properties }) => properties);
  const own = rows.find((row) => row.of_layer === 1);
  const isMore = rows.some((row) =>
    Object.keys(row).some((column) => !srsColumns.includes(column) && column !== 'of_layer'),
  );
  return own === undefined || isMore ? null : { id: own.srs_id, rows };
}

const srsColumns = ['srs_name', 'srs_id', 'organization', 'organization_coordsys_id', 'definition', 'description'];
