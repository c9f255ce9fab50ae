/** `think2seg demo`: the main job on the sample scene, start to end, with the embedded pack. */
import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import type { SegmentResult } from '../contract/segment-result.ts';
import { removeScratch } from '../core/files/atomic-write.ts';
import { formatTable } from './format-table.ts';
import { installation } from './installation.ts';
import { ProgressPrinter } from './progress-printer.ts';
import { readOptions, refusePositionals } from './read-options.ts';
import { describeArea } from './result-summary.ts';
import { printText } from './terminal-text.ts';
import { withEngine, type CallRoute } from './with-engine.ts';

/** What the sample scene is asked; the last has no target in it. */
const questions = [
  { name: 'tanks', text: 'Where is liquid fuel kept in bulk?' },
  { name: 'largest-water', text: 'Which is the largest body of water?' },
  { name: 'boarding', text: 'Where could passengers board a flight?' },
] as const;

async function ask(
  call: CallRoute,
  folder: string,
  question: (typeof questions)[number],
  scratchName: string,
): Promise<SegmentResult> {
  const printer = new ProgressPrinter(process.stderr);
  try {
    return await call(
      'query.segment',
      {
        rasterPath: installation.sampleScenePath,
        question: question.text,
        target: { kind: 'scene' },
        bands: null,
        promptSource: { kind: 'model' },
        packDirectory: installation.embeddedPackDirectory,
        provider: 'auto',
        threads: null,
        mode: 'native',
        simplifyPx: 1,
        minAreaM2: 0,
        connectivity: 4,
        outputPaths: ['.geojson', '.shp', '.gpkg'].map((extension) => join(folder, question.name + extension)),
        maskPath: null,
        overlayPath: join(folder, `${question.name}.png`),
        overwrite: true,
        scratchName,
      },
      (event) => printer.show(event),
    );
  } finally {
    printer.end();
  }
}

function row(name: string, result: SegmentResult): string[] {
  return [
    name,
    result.status === 'no-target' ? 'no target' : String(result.features),
    result.areaM2 === null ? '' : describeArea(result.areaM2),
    `${((result.timingsMs['total'] ?? 0) / 1000).toFixed(1)} s`,
  ];
}

export async function demoCommand(args: string[]): Promise<void> {
  const { values, positionals } = readOptions('demo', args, { out: { type: 'string', default: join('out', 'demo') } });
  refusePositionals('demo', positionals);
  const folder = resolve(values.out);
  await mkdir(folder, { recursive: true });
  const scratchName = `.think2seg-${randomUUID()}`;
  const rows = await withEngine(
    async (call) => {
      const collected: string[][] = [];
      for (const question of questions) {
        const result = await ask(call, folder, question, scratchName);
        printText(`\n> ${question.text}\n${result.reasoning ?? ''}\n`);
        collected.push(row(question.name, result));
      }
      return collected;
    },
    () => removeScratch(join(folder, questions[0].name), scratchName),
  );
  const shown = relative(process.cwd(), folder);
  printText(
    [
      '',
      formatTable(['question', 'polygons', 'area', 'time'], rows),
      '',
      `GeoJSON, Shapefile, GeoPackage and a picture of each answer are in ${shown}`,
      '',
      'What to try next:',
      `  look at       ${join(shown, `${questions[0].name}.png`)}`,
      '  your raster   npx think2seg segment YOUR.tif --query "where is the largest building?" -o answer.gpkg',
      '  your machine  npx think2seg doctor',
      '',
    ].join('\n'),
  );
}
