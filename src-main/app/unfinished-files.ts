/** Files that a killed engine left behind. */
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';

const scratchSchema = z.looseObject({
  scratchName: z.string().regex(/^\.think2seg-[A-Za-z0-9-]+$/),
  path: z.string().optional(),
  outputPaths: z.array(z.string()).optional(),
});

/** `input` is what the lost call was given: routes that write name their outputs and a hidden folder beside them. */
export async function removeUnfinishedFiles(input: unknown): Promise<void> {
  const parsed = scratchSchema.safeParse(input);
  if (!parsed.success) {
    return;
  }
  const { scratchName, path, outputPaths = [] } = parsed.data;
  for (const output of path === undefined ? outputPaths : [...outputPaths, path]) {
    await rm(join(dirname(output), scratchName), { recursive: true, force: true });
  }
}
