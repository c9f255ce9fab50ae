import type { OutputFeature } from '../ports.ts';

/** The attributes of a feature, the same under the same names in every format (at most 10 characters, for dBASE). */
export interface FeatureAttributes {
  readonly instance: number;
  readonly question: string;
  /** The segmenter's own estimate of IoU. */
  readonly score: number | null;
  /** Geodesic, square metres. */
  readonly area_m2: number | null;
  /** Geodesic, metres. */
  readonly perim_m: number | null;
  /** The prompt as JSON text; null when none made the shape. */
  readonly prompt: string | null;
}

/** An example of each, from which GDAL takes the types of our columns. */
export const typicalAttributes = {
  instance: 0,
  question: '',
  score: 0.5,
  area_m2: 0.5,
  perim_m: 0.5,
  prompt: '',
} as const satisfies FeatureAttributes;

export const ownColumnNames: readonly string[] = Object.keys(typicalAttributes);

export function attributesOf(feature: OutputFeature): FeatureAttributes {
  return {
    instance: feature.instance,
    question: feature.question,
    score: feature.score,
    area_m2: feature.areaM2,
    perim_m: feature.perimeterM,
    prompt: feature.prompt === null ? null : JSON.stringify(feature.prompt),
  };
}

/** `text` shortened to `maxBytes` of UTF-8 without cutting a character. */
export function truncateUtf8(text: string, maxBytes: number): string {
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.length <= maxBytes) {
    return text;
  }
  let end = maxBytes;
  // Bytes 10xxxxxx continue a character that began before.
  while (end > 0 && (bytes[end]! & 0xc0) === 0x80) {
    end -= 1;
  }
  return bytes.toString('utf8', 0, end);
}
