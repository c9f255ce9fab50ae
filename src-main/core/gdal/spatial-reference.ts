import { Think2SegError } from '../../contract/errors.ts';
import { gdalRasterInfo } from './gdal.ts';
import { xmlContent } from '../xml-text.ts';

/** Forms of WKT GDAL writes. `WKT1_ESRI` is what a `.prj` beside a Shapefile needs. */
export type WktForm = 'WKT1_GDAL' | 'WKT1_ESRI' | 'WKT2_2019';

/**
 * The WKT (in `form`) of a user's definition: `EPSG:2056`, `ESRI:102039`, WKT of any kind or a PROJ string.
 * Throws CRS_UNSUPPORTED with PROJ's message.
 */
export async function convertSpatialReference(definition: string, form: WktForm): Promise<string> {
  return (await describe(definition, ['-wkt_format', form])).wkt;
}

/** The PROJ string of a user's definition, null when PROJ has none for it. Throws CRS_UNSUPPORTED. */
export async function projStringOf(definition: string): Promise<string | null> {
  const text = (await describe(definition, ['-proj4'])).proj4;
  return text === undefined || text === '' ? null : text;
}

/** GDAL describes a spatial reference only as part of a dataset, so it gets a virtual one-pixel raster. */
async function describe(definition: string, infoArguments: string[]): Promise<{ wkt: string; proj4?: string }> {
  const raster =
    `<VRTDataset rasterXSize="1" rasterYSize="1"><SRS>${xmlContent(definition)}</SRS>` +
    '<VRTRasterBand dataType="Byte" band="1"/></VRTDataset>';
  let found;
  try {
    found = (await gdalRasterInfo({ bytes: raster, extension: '.vrt' }, infoArguments)).coordinateSystem;
  } catch (thrown) {
    if (!(thrown instanceof Think2SegError)) {
      throw thrown;
    }
    throw new Think2SegError(
      'CRS_UNSUPPORTED',
      `the coordinate reference system "${shortened(definition)}" is not understood (${thrown.message}); give an EPSG code, WKT or a PROJ string`,
      { cause: thrown },
    );
  }
  if (found === undefined || found.wkt === '') {
    throw new Think2SegError(
      'CRS_UNSUPPORTED',
      `the coordinate reference system "${shortened(definition)}" is not understood; give an EPSG code, WKT or a PROJ string`,
    );
  }
  return found;
}

function shortened(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 77)}...`;
}
