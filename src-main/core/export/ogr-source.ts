import type { GdalSource } from '../gdal/gdal.ts';
import type { OutputFeature, PolygonRings } from '../ports.ts';
import { attributesOf, truncateUtf8, type FeatureAttributes } from './attributes.ts';
import { oriented } from './rings.ts';
import { TextOutput } from './text-output.ts';

const featuresBetweenAbortChecks = 500;
/** Characters of text up to which a layer stays in memory. */
const inMemoryLength = 4 * 1024 * 1024;

/** GDAL reads the schema from the features: this one states every type, and is filtered out (`instance > 0`) on the way. */
const schemaFeature = {
  type: 'Feature',
  properties: { instance: 0, question: '', score: 0.5, area_m2: 0.5, perim_m: 0.5, prompt: '' },
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
  features: readonly OutputFeature[],
  maxTextBytes: number | null,
  signal: AbortSignal,
): Promise<{ source: GdalSource; cut: Set<string> }> {
  const cut = new Set<string>();
  const lines = featureLines(features, maxTextBytes, cut, signal);
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
  features: readonly OutputFeature[],
  maxTextBytes: number | null,
  cut: Set<string>,
  signal: AbortSignal,
): Generator<string> {
  yield `${JSON.stringify(schemaFeature)}\n`;
  for (const [index, feature] of features.entries()) {
    if (index % featuresBetweenAbortChecks === 0) {
      signal.throwIfAborted();
    }
    const attributes = attributesOf(feature);
    const properties = maxTextBytes === null ? attributes : shortened(attributes, maxTextBytes, cut);
    const polygons = feature.polygonsMap.map(polygonText).join(',');
    yield (
      `{"type":"Feature","properties":${JSON.stringify(properties)},` +
      `"geometry":{"type":"MultiPolygon","coordinates":[${polygons}]}}\n`
    );
  }
}

function shortened(attributes: FeatureAttributes, maxBytes: number, cut: Set<string>): FeatureAttributes {
  const question = truncateUtf8(attributes.question, maxBytes);
  const prompt = attributes.prompt === null ? null : truncateUtf8(attributes.prompt, maxBytes);
  if (question !== attributes.question) {
    cut.add('question');
  }
  if (prompt !== attributes.prompt) {
    cut.add('prompt');
  }
  return { ...attributes, question, prompt };
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
