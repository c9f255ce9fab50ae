import type { SegmentResult } from '../contract/segment-result.ts';

/** Square metres with a unit that people read at a glance. */
export function describeArea(areaM2: number): string {
  if (areaM2 >= 1e6) {
    return `${(areaM2 / 1e6).toFixed(2)} km²`;
  }
  if (areaM2 >= 1e4) {
    return `${(areaM2 / 1e4).toFixed(2)} ha`;
  }
  return `${areaM2.toFixed(areaM2 < 100 ? 1 : 0)} m²`;
}

function describeProvider(result: SegmentResult): string {
  const { lvlm, segmenter, note } = result.provider;
  const used = [
    lvlm === null ? null : `language model on ${lvlm}`,
    segmenter === null ? null : `segmenter on ${segmenter}`,
  ]
    .filter((part) => part !== null)
    .join(', ');
  return note === undefined ? used : `${used} (${note})`;
}

function describeScale(scale: NonNullable<SegmentResult['scale']>): string {
  if (scale.name === 'whole') {
    return `whole (${scale.reason})`;
  }
  const skipped = Object.entries(scale.skipped)
    .filter(([, count]) => count > 0)
    .map(([reason, count]) => `${count} ${reason}`);
  return `${scale.tiles} tiles (${scale.reason})${skipped.length === 0 ? '' : `; skipped ${skipped.join(', ')}`}`;
}

/** The result of a query in a few lines for a person. */
export function describeResult(result: SegmentResult): string {
  const lines: string[] = [];
  if (result.reasoning !== null) {
    lines.push(`Reasoning: ${result.reasoning}`);
  }
  if (result.status === 'no-target') {
    lines.push('Result:    no target found');
  } else {
    const area = result.areaM2 === null ? '' : `, ${describeArea(result.areaM2)} in all`;
    lines.push(`Result:    ${result.features} ${result.features === 1 ? 'polygon' : 'polygons'}${area}`);
  }
  if (result.scale !== undefined) {
    lines.push(`Scale:     ${describeScale(result.scale)}`);
  }
  const provider = describeProvider(result);
  if (provider !== '') {
    lines.push(`Ran on:    ${provider}; pack ${result.pack.id}`);
  }
  lines.push(`Time:      ${((result.timingsMs['total'] ?? 0) / 1000).toFixed(1)} s`);
  for (const warning of result.warnings) {
    lines.push(`Warning:   ${warning}`);
  }
  for (const output of result.outputs) {
    lines.push(`Written:   ${output}`);
  }
  if (result.outputs.length === 0) {
    lines.push('Nothing was written; add -o result.gpkg (or .geojson, .shp, .fgb) to keep the polygons.');
  }
  return `${lines.join('\n')}\n`;
}
