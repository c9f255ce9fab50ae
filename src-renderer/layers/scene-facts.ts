import type { JsonNumber } from '../../src-main/contract/json-number.ts';
import type { SceneInfo } from '../../src-main/contract/scene.ts';
import type { SceneDisplay } from '../../src-main/contract/scene-display.ts';
import { formatNumber } from '../state/format.ts';
import { strings } from '../strings.ts';

/** What an analyst wants to know of a scene before trusting it. */
export function sceneFacts({ info, transform, metresPerUnit }: SceneDisplay): { term: string; value: string }[] {
  const words = strings.facts;
  const types = [...new Set(info.bands.map(({ type }) => type))].join(', ');
  const nodata = [...new Set(info.bands.flatMap((band) => (band.nodata === null ? [] : [shortNumber(band.nodata)])))];
  const pixelUnits = Math.hypot(transform[0], transform[3]);
  return [
    { term: words.size, value: `${formatNumber(info.width, 0)} × ${formatNumber(info.height, 0)} px` },
    {
      term: words.bands,
      value: `${info.bands.length} × ${types}`,
    },
    ...(metresPerUnit === null ? [] : [{ term: words.pixel, value: formatLength(pixelUnits * metresPerUnit) }]),
    { term: words.crs, value: crsFact(info) },
    ...(nodata.length === 0 ? [] : [{ term: words.nodata, value: nodata.join(', ') }]),
    { term: words.format, value: [info.driver, info.compression].filter((part) => part !== null).join(', ') },
  ];
}

function crsFact({ crs, transform }: SceneInfo): string {
  if (crs !== null) {
    return crsLabel(crs);
  }
  return transform === null ? strings.facts.noCrs : strings.facts.ownCoordinates;
}

/** The largest float in all its digits is wider than the panel. */
function shortNumber(value: JsonNumber): string {
  const whole = String(value);
  return typeof value === 'string' || whole.length <= 12 ? whole : value.toPrecision(6);
}

export function crsLabel({ epsg, name }: { epsg?: number; name: string }): string {
  return epsg === undefined ? name : `EPSG:${epsg} ${name}`;
}

/** Three digits, from millimetres to kilometres. */
export function formatLength(lengthM: number): string {
  const [size, unit] =
    lengthM >= 1_000 ? [1_000, 'km'] : lengthM >= 1 ? [1, 'm'] : lengthM >= 0.01 ? [0.01, 'cm'] : [0.001, 'mm'];
  return `${Number((lengthM / size).toPrecision(3))} ${unit}`;
}
