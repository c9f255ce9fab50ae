import type { GdalSource } from '../gdal/gdal.ts';
import type { AttributeField } from '../../contract/attributes.ts';
import type { PolygonRings, WriteRequest } from '../ports.ts';
import { truncateUtf8, typicalAttributes } from './attributes.ts';
import { allAttributesOf } from './foreign-columns.ts';
import { oriented } from './rings.ts';
import { TextOutput } from './text-output.ts';

const featuresBetweenAbortChecks = 500;
/** Characters of text up to which a layer stays in memory. */
const inMemoryLength = 4 * 1024 * 1024;

/** GDAL reads the schema from the features: this one states every type, and is filtered out (`instance > 0`) on the way. */
const schemaFeature = {
  type: 'Feature',
  properties: typicalAttributes,
  geometry: {
    type: 'MultiPolygon',
    coordinates: [
      [
        [
          [0, 0],
          [1, 0],
          [1, 1],
          [0, 0],
        ],
      ],
    ],
  },
} as const;

/** From which GDAL takes the type of a column. */
const typicalValues: Record<AttributeField['type'], string | number | boolean> = {
  integer: 0,
  real: 0.5,
  text: '',
  date: '2000-01-01',
  datetime: '2000-01-01T00:00:00Z',
  boolean: true,
};

function schemaText(fields: readonly AttributeField[]): string {
  const foreign = Object.fromEntries(fields.map(({ name, type }) => [name, typicalValues[type]]));
  return JSON.stringify({ ...schemaFeature, properties: { ...schemaFeature.properties, ...foreign } });
}

/** Only the features, not the one that states the schema. */
export const featureFilter = 'instance > 0';

/**
 * Features in the scene's own coordinates, one GeoJSON feature a line: what GDAL then turns into other formats. Small layers stay in memory.
 *
 * @param path where larger ones are written.
 * @param maxTextBytes texts are cut to so many bytes of UTF-8; null keeps them.
 * @returns names of the attributes that were cut somewhere, too.
 */
export async function ogrSource(
  path: string,
  request: Pick<WriteRequest, 'features' | 'fields'>,
  maxTextBytes: number | null,
  signal: AbortSignal,
): Promise<{ source: GdalSource; cut: Set<string> }> {
  const cut = new Set<string>();
  const lines = featureLines(request, maxTextBytes, cut, signal);
  const kept: string[] = [];
  let length = 0;
  for (const line of lines) {
    kept.push(line);
    length += line.length;
    if (length > inMemoryLength) {
      await TextOutput.create(path, async (output) => {
        await output.append(kept.join(''));
        for (const further of lines) {
          await output.append(further);
        }
      });
      return { source: { path }, cut };
    }
  }
  return { source: { bytes: kept.join(''), extension: '.geojsonl' }, cut };
}

function* featureLines(
  { features, fields = [] }: Pick<WriteRequest, 'features' | 'fields'>,
  maxTextBytes: number | null,
  cut: Set<string>,
  signal: AbortSignal,
): Generator<string> {
  yield `${schemaText(fields)}\n`;
  for (const [index, feature] of features.entries()) {
    if (index % featuresBetweenAbortChecks === 0) {
      signal.throwIfAborted();
    }
    const attributes = allAttributesOf(feature, fields);
    const properties = maxTextBytes === null ? attributes : shortened(attributes, maxTextBytes, cut);
    const polygons = feature.polygonsMap.map(polygonText).join(',');
    yield (
      `{"type":"Feature","properties":${JSON.stringify(properties)},` +
      `"geometry":{"type":"MultiPolygon","coordinates":[${polygons}]}}\n`
    );
  }
}

function shortened(
  attributes: Readonly<Record<string, unknown>>,
  maxBytes: number,
  cut: Set<string>,
): Record<string, unknown> {
  const shorten = ([name, value]: [string, unknown]): [string, unknown] => {
    const short = typeof value === 'string' ? truncateUtf8(value, maxBytes) : value;
    if (!Object.is(short, value)) {
      cut.add(name);
    }
    return [name, short];
  };
  return Object.fromEntries(Object.entries(attributes).map(shorten));
}

function polygonText({ rings }: PolygonRings): string {
  const texts = rings.map((ring, index) => {
    const wound = oriented(ring, index === 0);
    const points: string[] = [];
    for (let i = 0; i < wound.length; i += 2) {
      points.push(`[${wound[i]!},${wound[i + 1]!}]`);
    }
    points.push(points[0] ?? '');
    return `[${points.join(',')}]`;
  });
  return `[${texts.join(',')}]`;
}
