/** Polygons of any vector file that GDAL reads, as far as they lie on a scene, in its coordinates. */
import { stat } from 'node:fs/promises';
import { Think2SegError } from '../../contract/errors.ts';
import type { BoundingBox, Crs } from '../../contract/geo.ts';
import { isSameCrs, saysNoCrs } from '../crs/same-crs.ts';
import { gdalVectorGeoJson, gdalVectorInfo } from '../gdal/gdal.ts';
import { gdalDefinition } from '../gdal/gdal-definition.ts';
import type { GdalVectorInfo, GdalVectorLayer } from '../gdal/gdal-info.ts';
import { checkReadable } from '../raster/check-readable.ts';
import { lossless } from './attribute-fields.ts';
import { parseFeatures, type VectorFeature } from './geojson-features.ts';

/** More would be no result that a person reviews one by one; with so many the window was measured (`npm run bench -- many-objects`). */
const maxPolygons = 20_000;
/** GDAL keeps all of a GeoJSON in its memory, which ends at 2 GiB. */
const maxGeoJsonBytes = 512 * 2 ** 20;
const maxTextLength = 2 ** 28;

export interface VectorLayer {
  readonly name: string;
  readonly fields: GdalVectorLayer['fields'];
  /** All of the file's layer, on the scene or not. */
  readonly featureCount: number;
  readonly features: readonly VectorFeature[];
  /** Features on the scene without any polygon. */
  readonly otherShapes: number;
}

export interface SceneArea {
  readonly path: string;
  readonly crs: Crs | null;
  readonly boundsMap: BoundingBox;
  /** The file has the scene's own coordinates, whatever GDAL takes them for. */
  readonly isFramePromised: boolean;
}

/** @throws Think2SegError INPUT_NOT_FOUND, INPUT_NOT_READABLE, INPUT_TOO_LARGE */
export async function vectorInfo(path: string): Promise<GdalVectorInfo> {
  checkReadable(path);
  const { size } = await stat(path);
  if (/\.(geo)?json$/i.test(path) && size > maxGeoJsonBytes) {
    throw new Think2SegError(
      'INPUT_TOO_LARGE',
      `${path} has ${size} bytes, a GeoJSON may have ${maxGeoJsonBytes}; convert it to a GeoPackage, of which only the part on the raster is read`,
    );
  }
  return gdalVectorInfo({ path });
}

/** Layers with shapes of any kind; others, such as styles, are tables. */
export function shapeLayers({ layers }: GdalVectorInfo): GdalVectorLayer[] {
  return layers.filter(({ geometryFields }) => geometryFields.length > 0);
}

/** Whether the layer says of itself that it has no polygons. */
export function isWithoutArea({ geometryFields: [geometry] }: GdalVectorLayer): boolean {
  return /point|line ?string|circularstring|curve$/i.test(geometry?.type ?? '');
}

/**
 * @throws Think2SegError CRS_UNSUPPORTED when the layer cannot be brought to the scene, INPUT_TOO_LARGE, INPUT_CORRUPT.
 */
export async function readVectorLayer(path: string, layer: GdalVectorLayer, scene: SceneArea): Promise<VectorLayer> {
  const limit = ['-limit', String(maxPolygons + 1)];
  const placed = await placement(path, layer, scene);
  const text = await gdalVectorGeoJson({ path }, ['-dim', 'XY', ...lossless, ...limit, ...placed, layer.name]);
  if (text.length > maxTextLength) {
    throw new Think2SegError(
      'INPUT_TOO_LARGE',
      `the polygons of ${path} on the raster are ${text.length} characters of GeoJSON, expected at most ${maxTextLength}; simplify them first`,
    );
  }
  const { features, otherShapes } = parseFeatures(text);
  if (features.length + otherShapes > maxPolygons) {
    throw new Think2SegError(
      'INPUT_TOO_LARGE',
      `layer ${layer.name} of ${path} has more than ${maxPolygons} features on ${scene.path}; keep those that matter in a file of their own`,
    );
  }
  const { name, featureCount, fields } = layer;
  return { name, fields, featureCount, features, otherShapes };
}

/** Arguments that choose what lies on the scene and bring it there. */
async function placement(path: string, layer: GdalVectorLayer, scene: SceneArea): Promise<string[]> {
  const { crs, boundsMap, isFramePromised } = scene;
  const area = ['-spat', ...boundsMap.map(String)];
  const wkt = layer.geometryFields[0]?.coordinateSystem?.wkt;
  if (isFramePromised || (await isSameCrs(crs, wkt))) {
    return area;
  }
  if (crs === null) {
    throw new Think2SegError(
      'CRS_UNSUPPORTED',
      `${path} is in ${nameIn(wkt)}, but the raster ${scene.path} has no CRS to bring it to; give the raster its CRS first`,
    );
  }
  if (wkt === undefined || saysNoCrs(wkt)) {
    throw new Think2SegError(
      'CRS_UNSUPPORTED',
      `${path} does not say its CRS, expected one that leads to ${crs.name}; set it in a GIS (a Shapefile needs its .prj)`,
    );
  }
  const definition = gdalDefinition(crs);
  return [...area, '-spat_srs', definition, '-t_srs', definition];
}

function nameIn(wkt: string | undefined): string {
  return /"([^"]*)"/.exec(wkt ?? '')?.[1] ?? 'another CRS';
}
