/** The one-page report as HTML: picture, question, reasoning, objects, provenance. Whatever is not a tag of ours is escaped. */
import type { DrawnInstance } from '../../src-main/contract/drawn-instance.ts';
import type { RunRecord } from '../../src-main/contract/run-record.ts';
import { formatArea, formatNumber } from './format.ts';

export interface ReportSection {
  readonly name: string;
  readonly question: string;
  readonly color: string;
  readonly instances: readonly DrawnInstance[];
  readonly runRecord: RunRecord | null;
}

export interface ReportContent {
  readonly title: string;
  readonly version: string;
  readonly createdAt: Date;
  readonly scenePath: string;
  /** PNG of the map as a data address; null when there is none. */
  readonly pictureUrl: string | null;
  readonly sections: readonly ReportSection[];
}

/** Text as text, also inside an attribute. */
export function escapeHtml(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

/** No script, no link, no address but the picture's: the file says the same on every machine, offline. */
export function reportHtml(content: ReportContent): string {
  const { title, version, createdAt, scenePath, pictureUrl, sections } = content;
  const picture =
    pictureUrl === null || !/^data:image\/png;base64,[A-Za-z0-9+/=]+$/.test(pictureUrl)
      ? ''
      : `<img class="map" alt="Map with the objects of this report" src="${pictureUrl}">`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>${escapeHtml(title)}</title>
<style>${styles}</style>
</head>
<body>
<header><h1>${escapeHtml(title)}</h1>
<p class="quiet">${escapeHtml(scenePath)}<br>${createdAt.toISOString()} · Think2Seg Desktop ${escapeHtml(version)}</p></header>
${picture}
${sections.map(sectionHtml).join('\n')}
</body>
</html>
`;
}

function sectionHtml({ name, question, color, instances, runRecord }: ReportSection): string {
  const safeColor = /^#[0-9a-f]{6}$/i.test(color) ? color : '#888888';
  const heading = question === '' ? name : question;
  const measured = instances.flatMap(({ areaM2 }) => areaM2 ?? []);
  const total = measured.length === 0 ? '' : `, ${formatArea(measured.reduce((sum, areaM2) => sum + areaM2, 0))}`;
  const count =
    instances.length === 0
      ? 'No target found'
      : `${instances.length} object${instances.length === 1 ? '' : 's'}${total}`;
  return `<section>
<h2><span class="swatch" style="background:${safeColor}"></span>${escapeHtml(heading)}</h2>
<p>${count}</p>
${reasoningHtml(runRecord)}
${instances.length === 0 ? '' : tableHtml(instances)}
${runRecord === null ? '<p class="quiet">No run of a model is on record.</p>' : provenanceHtml(runRecord)}
</section>`;
}

function reasoningHtml(runRecord: RunRecord | null): string {
  const reasoning = runRecord?.reasoning ?? '';
  return reasoning === '' ? '' : `<blockquote>${escapeHtml(reasoning)}</blockquote>`;
}

function tableHtml(instances: readonly DrawnInstance[]): string {
  const rows = instances.map(
    ({ score, areaM2, perimeterM }, index) =>
      `<tr><td>${index + 1}</td><td>${score === null ? '' : formatNumber(score, 2)}</td>` +
      `<td>${areaM2 === null ? '' : formatNumber(areaM2, 1)}</td>` +
      `<td>${perimeterM === null ? '' : formatNumber(perimeterM, 1)}</td></tr>`,
  );
  return `<table><thead><tr><th>No.</th><th>Score</th><th>Area (m²)</th><th>Perimeter (m)</th></tr></thead>
<tbody>${rows.join('')}</tbody></table>`;
}

function provenanceHtml(record: RunRecord): string {
  const { scene, windowPx, crs, pack, provider, mode } = record;
  const facts: [string, string][] = [
    ['Asked at', record.createdAt],
    ['Scene SHA-256', scene.sha256],
    ['Scene size', `${scene.width} × ${scene.height} px, bands ${scene.bands.join(', ')}`],
    ['Window', `x ${windowPx.x}, y ${windowPx.y}, ${windowPx.width} × ${windowPx.height} px`],
    ['CRS', crs === null ? 'none' : `${crs.name}${crs.epsg === undefined ? '' : ` (EPSG:${crs.epsg})`}`],
    ['Pack', `${pack.id} ${pack.version}, SHA-256 ${pack.sha256}`],
    ['Mode', mode],
    [
      'Ran on',
      [provider.lvlm, provider.segmenter, provider.note]
        .filter((part) => part !== null && part !== undefined)
        .join(', '),
    ],
    ...record.warnings.map((warning): [string, string] => ['Warning', warning]),
  ];
  return `<dl>${facts.map(([name, value]) => `<dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd>`).join('')}</dl>`;
}

const styles = `
@page { size: A4; margin: 14mm; }
body { margin: 0 auto; max-width: 182mm; padding: 6mm; color: #1b2330; font: 10pt/1.4 system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif; }
h1 { margin: 0; font-size: 16pt; }
h2 { margin: 5mm 0 1mm; font-size: 12pt; }
p { margin: 1mm 0; }
.quiet { color: #566171; font-size: 8.5pt; overflow-wrap: anywhere; }
.map { display: block; width: 100%; max-height: 110mm; margin: 4mm 0; object-fit: contain; border: 1px solid #d5dae1; }
.swatch { display: inline-block; width: 9pt; height: 9pt; margin-right: 4pt; border-radius: 2pt; }
blockquote { margin: 2mm 0; padding: 1mm 3mm; border-left: 2pt solid #d5dae1; white-space: pre-wrap; overflow-wrap: anywhere; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: 0.6mm 2mm; border-bottom: 1px solid #d5dae1; text-align: right; }
th:first-child, td:first-child { text-align: left; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.4mm 4mm; margin: 3mm 0 0; font-size: 8.5pt; }
dt { color: #566171; }
dd { margin: 0; overflow-wrap: anywhere; }
section { break-inside: auto; }
tr { break-inside: avoid; }
`;
