/**
 * RRSIS-D: `ROOT/rrsisd/refs(unc).p` (who is asked what, a Python pickle), `ROOT/rrsisd/instances.json` (COCO: images, segmentations,
 * categories) and `ROOT/images/rrsisd/JPEGImages`.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { Think2SegError } from '../../../contract/errors.ts';
import { explainParse } from '../../../contract/explain-parse.ts';
import type { Sample, SampleList } from '../sample.ts';
import { byId, listNames, readWholeFile } from './folder.ts';
import { readPickle, toPlain } from './pickle.ts';

/** What tells whose a ref is; the rest is looked at in the split that is evaluated, and bad ones are listed. */
const refsSchema = z.array(z.looseObject({ ref_id: z.number().int(), split: z.string() }));

const refSchema = z.object({
  ann_id: z.number().int(),
  image_id: z.number().int(),
  sentences: z.array(z.object({ sent: z.string().trim().min(1) })).min(1),
});

const runLengthSchema = z.object({
  size: z.tuple([z.number().int().positive(), z.number().int().positive()]),
  counts: z.union([z.string(), z.array(z.number().int().min(0))]),
});

const instancesSchema = z.object({
  images: z.array(z.object({ id: z.number().int(), file_name: z.string().min(1) })),
  annotations: z.array(z.looseObject({ id: z.number().int() })),
  categories: z.array(z.object({ id: z.number().int(), name: z.string() })),
});

const annotationSchema = z.object({
  category_id: z.number().int(),
  segmentation: z.union([z.array(z.array(z.number()).min(6)).min(1), z.array(runLengthSchema).min(1), runLengthSchema]),
});

type Annotation = z.infer<typeof annotationSchema>;

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
    throw new Think2SegError(
      'INPUT_CORRUPT',
      `${path}: ${explainParse(result.error)}; expected the file as RRSIS-D publishes it`,
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
  const seen = new Set<string>();
  for (const candidate of refs.filter(({ split: own }) => isOfSplit(own, split))) {
    const id = String(candidate.ref_id).padStart(6, '0');
    const ref = refSchema.safeParse(candidate);
    const image = ref.success ? imageById.get(ref.data.image_id) : undefined;
    const found = ref.success ? annotationById.get(ref.data.ann_id) : undefined;
    const annotation = annotationSchema.safeParse(found);
    if (seen.has(id)) {
      problems.push({ id, problem: 'is there more than once in refs(unc).p; the first counts' });
    } else if (!ref.success) {
      problems.push({ id, problem: `has no usable ref (${explainParse(ref.error)})` });
    } else if (image === undefined || !present.has(image)) {
      problems.push({ id, problem: `has no image (${image ?? `image_id ${ref.data.image_id}`})` });
    } else if (found === undefined) {
      problems.push({ id, problem: `has no mask (ann_id ${ref.data.ann_id})` });
    } else if (!annotation.success) {
      problems.push({
        id,
        problem: `has no usable mask (ann_id ${ref.data.ann_id}: ${explainParse(annotation.error)})`,
      });
    } else {
      samples.push({
        id,
        imagePath: join(imageDirectory, image),
        questions: [`${ref.data.sentences[0]?.sent ?? ''}.`],
        target: targetOf(annotation.data),
        className: classById.get(annotation.data.category_id) ?? null,
        relation: null,
      });
    }
    seen.add(id);
  }
  return { samples: byId(samples), problems: byId(problems) };
}
