/**
 * RRSIS-D: `ROOT/rrsisd/refs(unc).p` (who is asked what, a Python pickle), `ROOT/rrsisd/instances.json` (COCO: images, segmentations,
 * categories) and `ROOT/images/rrsisd/JPEGImages`.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { Think2SegError } from '../../../contract/errors.ts';
import type { Sample, SampleList } from '../sample.ts';
import { byId, listNames, readWholeFile } from './folder.ts';
import { readPickle, toPlain } from './pickle.ts';

const refsSchema = z.array(
  z.object({
    ref_id: z.number().int(),
    ann_id: z.number().int(),
    image_id: z.number().int(),
    split: z.string(),
    sentences: z.array(z.object({ sent: z.string().trim().min(1) })).min(1),
  }),
);

const runLengthSchema = z.object({
  size: z.tuple([z.number().int().positive(), z.number().int().positive()]),
  counts: z.union([z.string(), z.array(z.number().int().min(0))]),
});

const instancesSchema = z.object({
  images: z.array(z.object({ id: z.number().int(), file_name: z.string().min(1) })),
  annotations: z.array(
    z.object({
      id: z.number().int(),
      category_id: z.number().int(),
      segmentation: z.union([
        z.array(z.array(z.number()).min(6)).min(1),
        z.array(runLengthSchema).min(1),
        runLengthSchema,
      ]),
    }),
  ),
  categories: z.array(z.object({ id: z.number().int(), name: z.string() })),
});

type Annotation = z.infer<typeof instancesSchema>['annotations'][number];

function targetOf({ segmentation }: Annotation): Sample['target'] {
  const isPolygons = (value: typeof segmentation): value is number[][] =>
    Array.isArray(value) && Array.isArray(value[0]);
  if (isPolygons(segmentation)) {
    return { kind: 'coco', parts: [segmentation] };
  }
  return {
    kind: 'coco',
    parts: Array.isArray(segmentation) ? segmentation : [segmentation],
  };
}

function parsed<T>(schema: z.ZodType<T>, value: unknown, path: string): T {
  const result = schema.safeParse(value);
  if (!result.success) {
    const issue = result.error.issues[0];
    throw new Think2SegError(
      'INPUT_CORRUPT',
      `${path}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}; expected the file as RRSIS-D publishes it`,
    );
  }
  return result.data;
}

function parseJson(bytes: Buffer, path: string): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw new Think2SegError(
      'INPUT_CORRUPT',
      `${path} is not JSON (${error instanceof Error ? error.message : String(error)}); expected COCO instances`,
    );
  }
}

/** The published protocol takes a ref for `test` when its split only contains that word. */
function isOfSplit(refSplit: string, split: string): boolean {
  return split === 'test' ? refSplit.includes('test') : refSplit === split;
}

export async function listRrsisD(rootDirectory: string, split: string): Promise<SampleList> {
  const imageDirectory = join(rootDirectory, 'images', 'rrsisd', 'JPEGImages');
  const refsPath = join(rootDirectory, 'rrsisd', 'refs(unc).p');
  const instancesPath = join(rootDirectory, 'rrsisd', 'instances.json');
  const layout = `the layout of RRSIS-D, ${rootDirectory}/{rrsisd/{refs(unc).p,instances.json},images/rrsisd/JPEGImages}`;
  const refs = parsed(refsSchema, toPlain(readPickle(await readWholeFile(refsPath, layout), refsPath)), refsPath);
  const instances = parsed(
    instancesSchema,
    parseJson(await readWholeFile(instancesPath, layout), instancesPath),
    instancesPath,
  );
  const present = new Set(await listNames(imageDirectory, layout));
  const imageById = new Map(instances.images.map((image) => [image.id, image.file_name]));
  const annotationById = new Map(instances.annotations.map((annotation) => [annotation.id, annotation]));
  const classById = new Map(instances.categories.map(({ id, name }) => [id, name]));
  const samples: Sample[] = [];
  const problems: { id: string; problem: string }[] = [];
  for (const ref of refs.filter((candidate) => isOfSplit(candidate.split, split))) {
    const id = String(ref.ref_id).padStart(6, '0');
    const file = imageById.get(ref.image_id);
    const annotation = annotationById.get(ref.ann_id);
    if (file === undefined || !present.has(file)) {
      problems.push({ id, problem: `has no image (${file ?? `image_id ${ref.image_id}`})` });
    } else if (annotation === undefined) {
      problems.push({ id, problem: `has no mask (ann_id ${ref.ann_id})` });
    } else {
      samples.push({
        id,
        imagePath: join(imageDirectory, file),
        questions: [`${ref.sentences[0]?.sent ?? ''}.`],
        target: targetOf(annotation),
        className: classById.get(annotation.category_id) ?? null,
        relation: null,
      });
    }
  }
  return { samples: byId(samples), problems: byId(problems) };
}
