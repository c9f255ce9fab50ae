/** The report as one HTML file that needs nothing else: no script, no font, pictures inside. */
import type { EvaluationReport, GroupScores, Scores } from '../../contract/evaluation.ts';
import { caseColours } from './case-picture.ts';
import type { ReportCase } from './report-cases.ts';
import type { SampleRow } from './sample-row.ts';

export interface ReportContent {
  readonly report: EvaluationReport;
  readonly rows: readonly SampleRow[];
  readonly worst: readonly ReportCase[];
  readonly best: readonly ReportCase[];
}

const style = `
:root { color-scheme: light dark; --line: color-mix(in srgb, CanvasText 18%, Canvas); --quiet: color-mix(in srgb, CanvasText 65%, Canvas) }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1.25rem; background: Canvas; color: CanvasText }
h1 { font-size: 1.5rem; margin: 0 } h2 { font-size: 1.1rem; margin: 2.2rem 0 .6rem }
p { margin: .3rem 0 } .quiet { color: var(--quiet) }
table { border-collapse: collapse; font-variant-numeric: tabular-nums }
th, td { border-bottom: 1px solid var(--line); padding: .28rem .9rem .28rem 0; text-align: right } th { font-weight: 600 }
th:first-child, td:first-child { text-align: left }
.cases { display: grid; gap: 1.2rem; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)) }
figure { margin: 0 } figure img { display: block; width: 100%; image-rendering: auto; border-radius: 4px }
figcaption { font-size: .85rem; margin-top: .35rem; overflow-wrap: anywhere }
.key-line { margin-bottom: .8rem } .key-line .key:first-child { margin-left: 0 }
.key { display: inline-block; width: .8em; height: .8em; border-radius: 2px; margin: 0 .3em 0 .9em; vertical-align: -0.05em }
.bars rect { fill: rgb(0 114 178) } .bars text { fill: CanvasText; font-size: 11px }
.scroll { overflow-x: auto } .beside { display: flex; flex-wrap: wrap; gap: 0 4rem; align-items: flex-start }`;

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function shown(value: number | null): string {
  return value === null ? '–' : value.toFixed(3);
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (tag: string, values: readonly string[]): string =>
    `<tr>${values.map((value) => `<${tag}>${escaped(value)}</${tag}>`).join('')}</tr>`;
  return `<div class="scroll"><table><thead>${cells('th', header)}</thead><tbody>${rows
    .map((row) => cells('td', row))
    .join('')}</tbody></table></div>`;
}

const scoreHeader = ['gIoU', 'cIoU', 'target gIoU', 'target cIoU', 'no-target accuracy'];

function scoreCells({ gIoU, cIoU, targetGIoU, targetCIoU, noTargetAccuracy }: Scores): string[] {
  return [gIoU, cIoU, targetGIoU, targetCIoU, noTargetAccuracy].map(shown);
}

const baselineWords = {
  emptyList: 'always an empty list',
  wholeFrame: 'the whole frame',
  centralBox: 'a box over the central half',
} as const;

function groupTable(title: string, groups: Readonly<Record<string, GroupScores>>): string {
  const entries = Object.entries(groups);
  if (entries.length === 0) {
    return '';
  }
  const rows = entries.map(([name, { samples, gIoU, cIoU, targetGIoU }]) => [
    name,
    String(samples),
    shown(gIoU),
    shown(cIoU),
    shown(targetGIoU),
  ]);
  return `<section><h2>${escaped(title)}</h2>${table(['', 'samples', 'gIoU', 'cIoU', 'target gIoU'], rows)}</section>`;
}

/** How many samples with a target fall into each tenth of IoU. */
function histogram(rows: readonly SampleRow[]): string {
  const bins = new Array<number>(10).fill(0);
  for (const { targetPx, overlap } of rows) {
    if (targetPx > 0) {
      bins[Math.min(9, Math.floor(overlap.iou * 10))]! += 1;
    }
  }
  const tallest = Math.max(1, ...bins);
  const bars = bins.map((count, index) => {
    const height = (count / tallest) * 110;
    const x = index * 46;
    return (
      `<rect x="${x}" y="${130 - height}" width="40" height="${height}"/>` +
      `<text x="${x + 20}" y="${124 - height}" text-anchor="middle">${count}</text>` +
      `<text x="${x + 20}" y="146" text-anchor="middle">${(index / 10).toFixed(1)}–${((index + 1) / 10).toFixed(1)}</text>`
    );
  });
  return `<h2>IoU of the samples with a target</h2><svg class="bars" viewBox="0 0 460 152" width="460" role="img" aria-label="Histogram of IoU">${bars.join('')}</svg>`;
}

function studyTable({ study }: EvaluationReport): string {
  if (study === null) {
    return '';
  }
  const rows = study.variants.map(({ name, scores }) => [
    name,
    ...(scores === null ? scoreHeader.map(() => '–') : scoreCells(scores)),
  ]);
  const notes = study.variants.flatMap(({ name, note }) => (note === undefined ? [] : `${name}: ${note}`));
  return (
    `<h2>Study: ${escaped(study.kind)}</h2>${table(['', ...scoreHeader], rows)}` +
    notes.map((note) => `<p class="quiet">${escaped(note)}</p>`).join('')
  );
}

function figure({ row, reasoning, png }: ReportCase): string {
  const target = row.targetPx === 0 ? 'no target' : `IoU ${row.overlap.iou.toFixed(3)}`;
  const found = row.valid
    ? `${row.prompts.length} ${row.prompts.length === 1 ? 'prompt' : 'prompts'}`
    : 'answer could not be parsed';
  return (
    `<figure><img alt="${escaped(row.question)}" src="data:image/png;base64,${png.toString('base64')}">` +
    `<figcaption><b>${escaped(row.question)}</b><br>${escaped(row.id)} · ${target} · ${found}` +
    (reasoning === null ? '' : `<br><span class="quiet">${escaped(reasoning)}</span>`) +
    `</figcaption></figure>`
  );
}

function cases(title: string, list: readonly ReportCase[]): string {
  return list.length === 0
    ? ''
    : `<h2>${escaped(title)}</h2>${legend()}<div class="cases">${list.map(figure).join('')}</div>`;
}

function legend(): string {
  const key = (colour: readonly number[], word: string): string =>
    `<span class="key" style="background: rgb(${colour.join(' ')})"></span>${word}`;
  return `<p class="quiet key-line">${key(caseColours.hit, 'found')}${key(caseColours.missed, 'missed')}${key(caseColours.wrong, 'wrongly marked')}; white boxes and green points are the model's prompts</p>`;
}

export function reportHtml({ report, rows, worst, best }: ReportContent): string {
  const { dataset, split, mode, seed, samples, samplesWithTarget, pack } = report;
  const rate = report.msPerSample === null ? '' : ` · ${(report.msPerSample / 1000).toFixed(2)} s a sample`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escaped(`${pack.id} on ${dataset} ${split}`)}</title><style>${style}</style></head><body>
<h1>${escaped(`${pack.id} ${pack.version} on ${dataset}, ${split}`)}</h1>
<p class="quiet">${samples} samples, ${samplesWithTarget} with a target · ${mode} mode · question seed ${seed}${rate}<br>
pack ${escaped(pack.sha256)}</p>
<h2>Scores</h2>
${table(
  ['', ...scoreHeader],
  [
    ['this pack', ...scoreCells(report)],
    ...Object.entries(report.baselines).map(([name, scores]) => [
      baselineWords[name as keyof typeof baselineWords],
      ...scoreCells(scores),
    ]),
  ],
)}
<p class="quiet">Valid answers ${shown(report.validAnswerRate)} · IoU above 0.5 on ${shown(report.shareAbove50)} of the samples ·
${report.problems.length} samples left out because of their files.</p>
${studyTable(report)}
${histogram(rows)}
<div class="beside">${groupTable('By class', report.perClass)}${groupTable('By relation, samples with a target', report.perRelation)}</div>
${cases('Worst cases', worst)}
${cases('Best cases', best)}
${
  report.problems.length === 0
    ? ''
    : `<h2>Left out</h2>${table(
        ['sample', 'problem'],
        report.problems.map(({ id, problem }) => [id, problem]),
      )}`
}
</body></html>
`;
}
