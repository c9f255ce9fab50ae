/** What a batch came to, on one page that needs no network and no script: counts, areas, failures, a sheet of thumbnails. */
import { basename } from 'node:path';
import type { KnownItem } from './read-manifests.ts';
import { xmlText } from '../xml-text.ts';

type DoneItem = Extract<KnownItem, { state: 'done' }>;

export interface SummaryFacts {
  readonly items: readonly KnownItem[];
  /** Asked for and not looked at yet. */
  readonly remaining: number;
  readonly application: { readonly name: string; readonly version: string };
  readonly pack: { readonly id: string; readonly sha256: string };
  /** Files of the whole batch, relative to the page. */
  readonly files: readonly string[];
}

const style = `
  :root { color-scheme: light dark; --line: #8884; --soft: #8882; --accent: light-dark(#0072b2, #6cb8e6); --bad: light-dark(#c0392b, #ff8a75); }
  * { box-sizing: border-box; }
  html { background: Canvas; color: CanvasText; }
  body { font: 15px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 76rem; padding: 2rem 1.5rem 4rem; }
  h1 { font-size: 1.6rem; margin: 0 0 .2rem; }
  h2 { font-size: 1.15rem; margin: 2.4rem 0 .6rem; }
  p.about { margin: 0; opacity: .75; }
  dl.counts { display: flex; flex-wrap: wrap; gap: .8rem; margin: 1.5rem 0; }
  dl.counts div { background: var(--soft); border-radius: .5rem; min-width: 8rem; padding: .6rem 1rem; }
  dl.counts dt { font-size: .8rem; opacity: .75; }
  dl.counts dd { font-size: 1.5rem; font-variant-numeric: tabular-nums; margin: 0; }
  dl.counts .bad dd { color: var(--bad); }
  table { border-collapse: collapse; width: 100%; }
  th, td { border-bottom: 1px solid var(--line); padding: .4rem .8rem .4rem 0; text-align: left; vertical-align: top; }
  th { font-size: .8rem; font-weight: 600; opacity: .75; }
  td.number, th.number { font-variant-numeric: tabular-nums; text-align: right; white-space: nowrap; }
  td.path { min-width: 14rem; overflow-wrap: anywhere; }
  code { font: .85em ui-monospace, monospace; overflow-wrap: anywhere; }
  a { color: var(--accent); }
  .sheet { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(11rem, 1fr)); }
  figure { margin: 0; }
  figure img { aspect-ratio: 1; background: var(--soft); border-radius: .4rem; display: block; object-fit: contain; width: 100%; }
  figcaption { font-size: .8rem; line-height: 1.35; margin-top: .35rem; overflow-wrap: anywhere; }
  figcaption span { display: block; opacity: .75; }
`;

/** Square metres with a unit that people read at a glance. */
function areaText(areaM2: number): string {
  if (areaM2 >= 1e6) {
    return `${(areaM2 / 1e6).toFixed(2)} km²`;
  }
  return areaM2 >= 1e4 ? `${(areaM2 / 1e4).toFixed(2)} ha` : `${areaM2.toFixed(areaM2 < 100 ? 1 : 0)} m²`;
}

/** Which part of the raster was asked about, where that is not all of it. */
function targetText(target: KnownItem['target']): string[] {
  switch (target.kind) {
    case 'scene':
      return [];
    case 'window': {
      const { x, y, width, height } = target.windowPx;
      return [`window ${[x, y, width, height].join(', ')}`];
    }
    case 'bbox':
      return [`box ${target.boundsMap.join(', ')}`];
  }
}

function isDone(item: KnownItem): item is DoneItem {
  return item.state === 'done';
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function href(path: string): string {
  return xmlText(path.split(/[\\/]/).map(encodeURIComponent).join('/'));
}

function countsOf(items: readonly KnownItem[]) {
  const done = items.filter(isDone);
  return {
    done: done.length,
    withTarget: done.filter(({ status }) => status === 'ok').length,
    noTarget: done.filter(({ status }) => status === 'no-target').length,
    failed: items.length - done.length,
    features: sum(done.map(({ features }) => features)),
    areaM2: sum(done.map(({ areaM2 }) => areaM2 ?? 0)),
  };
}

function card(label: string, value: string | number, bad = false): string {
  return `<div${bad ? ' class="bad"' : ''}><dt>${xmlText(label)}</dt><dd>${xmlText(String(value))}</dd></div>`;
}

function questionRow(question: string, items: readonly KnownItem[]): string {
  const { withTarget, noTarget, failed, features, areaM2 } = countsOf(items);
  const numbers = [withTarget, noTarget, failed, features, areaText(areaM2)];
  return `<tr><td>${xmlText(question)}</td>${numbers.map((value) => `<td class="number">${value}</td>`).join('')}</tr>`;
}

function failureRow(item: Exclude<KnownItem, DoneItem>): string {
  return (
    `<tr><td class="path">${xmlText([item.path, ...targetText(item.target)].join(', '))}</td><td>${xmlText(item.question)}</td>` +
    `<td><code>${xmlText(item.code)}</code> ${xmlText(item.message)}</td></tr>`
  );
}

function figure(item: DoneItem): string {
  const picture = item.outputs.find(({ path }) => path.endsWith('.png'))?.path;
  const result = item.outputs.find(({ path }) => !path.endsWith('.png'))?.path;
  const found =
    item.status === 'no-target'
      ? 'no target'
      : `${item.features} ${item.features === 1 ? 'polygon' : 'polygons'}${item.areaM2 === null ? '' : `, ${areaText(item.areaM2)}`}`;
  const name = xmlText([basename(item.path), ...targetText(item.target)].join(', '));
  const image =
    picture === undefined ? '' : `<img loading="lazy" src="${href(picture)}" alt="${name}: ${xmlText(found)}">`;
  const linked = result === undefined ? image : `<a href="${href(result)}">${image}</a>`;
  return `<figure title="${xmlText(item.path)}">${linked}<figcaption>${name}<span>${xmlText(found)}</span></figcaption></figure>`;
}

export function summaryPage({ items, remaining, application, pack, files }: SummaryFacts): string {
  const counts = countsOf(items);
  const failures = items.filter((item): item is Exclude<KnownItem, DoneItem> => !isDone(item));
  const byQuestion = new Map<string, KnownItem[]>();
  for (const item of items.filter(({ question }) => question !== '')) {
    byQuestion.set(item.question, [...(byQuestion.get(item.question) ?? []), item]);
  }
  const sheets = [...byQuestion].map(([question, asked]) => {
    const figures = asked.filter(isDone).map(figure);
    return figures.length === 0
      ? ''
      : `<h2>${xmlText(question)}</h2>\n<div class="sheet">\n${figures.join('\n')}\n</div>`;
  });
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src 'self' file: data:; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Batch: ${counts.done} done, ${counts.failed} failed</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>Batch summary</h1>
<p class="about">${xmlText(application.name)} ${xmlText(application.version)}, pack ${xmlText(pack.id)} <code>${pack.sha256.slice(0, 12)}</code></p>
<dl class="counts">
${card('with target', counts.withTarget)}
${card('no target', counts.noTarget)}
${card('failed', counts.failed, counts.failed > 0)}
${card('not looked at', remaining)}
${card('polygons', counts.features)}
${card('area', areaText(counts.areaM2))}
</dl>
<table>
<thead><tr><th>question</th><th class="number">with target</th><th class="number">no target</th><th class="number">failed</th><th class="number">polygons</th><th class="number">area</th></tr></thead>
<tbody>
${[...byQuestion].map(([question, asked]) => questionRow(question, asked)).join('\n')}
</tbody>
</table>
<p>${files.map((path) => `<a href="${href(path)}">${xmlText(path)}</a>`).join(' &middot; ')}</p>
${
  failures.length === 0
    ? ''
    : `<h2>Failed</h2>\n<table>\n<thead><tr><th>raster</th><th>question</th><th>why</th></tr></thead>\n<tbody>\n${failures
        .map(failureRow)
        .join('\n')}\n</tbody>\n</table>`
}
${sheets.join('\n')}
</main>
</body>
</html>
`;
}
