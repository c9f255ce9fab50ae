/** One GeoPackage of a whole batch: a layer for each question, with the scene of each polygon in the field `scene`. */
import { basename, dirname, extname, join } from 'node:path';
import { withAtomicOutputs } from '../files/atomic-write.ts';
import { gdalVectorTranslate } from '../gdal/gdal.ts';
import { slug } from './batch-item.ts';
import { mergedFileName } from './output-folders.ts';
import type { KnownItem } from './read-manifests.ts';
import { sceneNames } from './scene-names.ts';
import { xmlText } from '../xml-text.ts';

type DoneItem = Extract<KnownItem, { state: 'done' }>;

/** Formats that keep the CRS of the scene and whole texts, the one to merge from first. */
const mergeable = ['.gpkg', '.fgb'];

/** Formats with one to merge from. */
export function formatsToMerge(formats: readonly string[]): string[] {
  return formats.some((format) => mergeable.includes(format)) ? [...formats] : [...formats, '.gpkg'];
}

interface MergedLayer {
  readonly name: string;
  readonly items: readonly DoneItem[];
  /** Null: all scenes have the same CRS and keep it. */
  readonly targetEpsg: number | null;
}

function groupBy<T>(values: readonly T[], keyOf: (value: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const value of values) {
    const key = keyOf(value);
    groups.set(key, [...(groups.get(key) ?? []), value]);
  }
  return groups;
}

/** A layer has one CRS: scenes that differ are brought to WGS 84, and those without a CRS get a layer of their own. */
function planLayers(items: readonly DoneItem[]): MergedLayer[] {
  const layers: MergedLayer[] = [];
  const taken = new Set<string>();
  const nameOf = (wanted: string): string => {
    let name = wanted;
    for (let number = 2; taken.has(name); number++) {
      name = `${wanted}-${number}`;
    }
    taken.add(name);
    return name;
  };
  for (const [question, asked] of groupBy(items, (item) => item.question)) {
    const name = slug(question, 50) || 'answers';
    const placed = asked.filter(({ crs }) => crs !== null);
    const placeless = asked.filter(({ crs }) => crs === null);
    if (placed.length > 0) {
      const crsCount = new Set(placed.map(({ crs }) => crs?.wkt)).size;
      layers.push({ name: nameOf(name), items: placed, targetEpsg: crsCount === 1 ? null : 4326 });
    }
    if (placeless.length > 0) {
      layers.push({ name: nameOf(`${name}-without-crs`), items: placeless, targetEpsg: null });
    }
  }
  return layers;
}

function sourceOf(item: DoneItem): string {
  const paths = item.outputs.map(({ path }) => path);
  return (
    mergeable.map((extension) => paths.find((path) => path.endsWith(extension))).find((path) => path !== undefined) ??
    ''
  );
}

/** OGR's description of layers made of files: nothing is copied but once, by GDAL, into the GeoPackage. */
function virtualDataset(folder: string, layers: readonly MergedLayer[]): string {
  const sceneName = sceneNames(layers.flatMap(({ items }) => items.map((item) => item.path)));
  const sourceLayer = (item: DoneItem): string => {
    const path = sourceOf(item);
    return (
      `<OGRVRTLayer name="${xmlText(sceneName.get(item.path) ?? item.path)}"><SrcDataSource>${xmlText(join(folder, path))}</SrcDataSource>` +
      `<SrcLayer>${xmlText(basename(path, extname(path)))}</SrcLayer></OGRVRTLayer>`
    );
  };
  const texts = layers.map(({ name, items, targetEpsg }) => {
    const sources = items.map((item) =>
      targetEpsg === null
        ? sourceLayer(item)
        : `<OGRVRTWarpedLayer>${sourceLayer(item)}<TargetSRS>EPSG:${targetEpsg}</TargetSRS></OGRVRTWarpedLayer>`,
    );
    return (
      `<OGRVRTUnionLayer name="${xmlText(name)}"><SourceLayerFieldName>scene</SourceLayerFieldName>` +
      `<GeometryType>wkbMultiPolygon</GeometryType><FieldStrategy>FirstLayer</FieldStrategy>\n${sources.join('\n')}\n</OGRVRTUnionLayer>`
    );
  });
  return `<OGRVRTDataSource>\n${texts.join('\n')}\n</OGRVRTDataSource>\n`;
}

/**
 * Writes `merged.gpkg` into `folder` from the files of its scenes.
 *
 * @returns its path; null when there is nothing to merge.
 */
export async function mergeScenes(
  folder: string,
  items: readonly KnownItem[],
  { scratchName, signal }: { scratchName: string; signal: AbortSignal },
): Promise<string | null> {
  const layers = planLayers(items.filter((item): item is DoneItem => item.state === 'done' && sourceOf(item) !== ''));
  if (layers.length === 0) {
    return null;
  }
  const path = join(folder, mergedFileName);
  await withAtomicOutputs([path], { overwrite: true, scratchName, signal }, async ([temporaryPath], files) => {
    const virtualPath = join(dirname(temporaryPath), 'merged.vrt');
    await files.writeFile(virtualPath, virtualDataset(folder, layers));
    await gdalVectorTranslate({ path: virtualPath }, temporaryPath, ['-f', 'GPKG', '-nlt', 'MULTIPOLYGON']);
  });
  return path;
}
