/** EarthReason: `ROOT/SPLIT/{images/ID.*, labels/ID.png, QAs/ID.json}`, one target an image, several wordings of its question. */
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { z } from 'zod';
import { explainParse } from '../../../contract/explain-parse.ts';
import { hasRasterName } from '../../raster/raster-names.ts';
import type { Sample, SampleList } from '../sample.ts';
import { byId, byStem, listNames } from './folder.ts';

/** Our own scenes also say what is meant. Blank questions do not count. */
const questionFileSchema = z.object({
  questions: z
    .array(z.string().trim())
    .transform((texts) => texts.filter((text) => text !== ''))
    .refine((texts) => texts.length > 0, { message: 'expected at least one text' }),
  concept: z.string().nullish(),
  relation: z.string().nullish(),
});

/** World files, histograms and the like lie beside images and labels and have their stem. */
const labelExtensions = new Set(['.png', '.tif', '.tiff']);

function hasLabelName(name: string): boolean {
  return labelExtensions.has(extname(name).toLowerCase());
}

function hasQuestionName(name: string): boolean {
  return extname(name).toLowerCase() === '.json';
}

const partNames = ['image', 'label', 'question file'] as const;

export async function listEarthReason(rootDirectory: string, split: string): Promise<SampleList> {
  const layout = `the layout of EarthReason, ${join(rootDirectory, split)}/{images,labels,QAs}`;
  const folders = { images: join(rootDirectory, split, 'images'), labels: join(rootDirectory, split, 'labels') };
  const questionFolder = join(rootDirectory, split, 'QAs');
  const images = byStem(await listNames(folders.images, layout), hasRasterName);
  const labels = byStem(await listNames(folders.labels, layout), hasLabelName);
  const questionFiles = byStem(await listNames(questionFolder, layout), hasQuestionName);
  const samples: Sample[] = [];
  const problems: { id: string; problem: string }[] = [];
  for (const id of new Set([...images.keys(), ...labels.keys(), ...questionFiles.keys()])) {
    const parts = [images, labels, questionFiles].map((stems) => stems.get(id) ?? []);
    const [[image], [label], [questionFile]] = parts as [string[], string[], string[]];
    if (image === undefined || label === undefined || questionFile === undefined) {
      const missing = partNames.filter((_, index) => parts[index]!.length === 0);
      problems.push({ id, problem: `has no ${missing.join(' and no ')}` });
      continue;
    }
    const repeated = parts.find((names) => names.length > 1);
    if (repeated !== undefined) {
      problems.push({ id, problem: `has ${repeated.join(' and ')}, expected one of them` });
      continue;
    }
    const asked = await readQuestions(join(questionFolder, questionFile));
    if (typeof asked === 'string') {
      problems.push({ id, problem: asked });
      continue;
    }
    samples.push({
      id,
      imagePath: join(folders.images, image),
      questions: asked.questions,
      target: { kind: 'raster', path: join(folders.labels, label) },
      className: asked.concept ?? null,
      relation: asked.relation ?? null,
    });
  }
  return { samples: byId(samples), problems: byId(problems) };
}

/** The questions, or in words what is wrong with the file. */
async function readQuestions(path: string): Promise<z.infer<typeof questionFileSchema> | string> {
  let json: unknown;
  try {
    json = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    return `${path} is not JSON (${error instanceof Error ? error.message : String(error)})`;
  }
  const parsed = questionFileSchema.safeParse(json);
  if (parsed.success) {
    return parsed.data;
  }
  return `${path}: ${explainParse(parsed.error)}; expected a list "questions" of texts`;
}
