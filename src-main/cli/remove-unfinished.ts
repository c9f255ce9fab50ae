import type { SegmentInput } from '../contract/routes.ts';
import { removeScratch } from '../core/files/atomic-write.ts';

type Outputs = Pick<SegmentInput, 'outputPaths' | 'maskPath' | 'overlayPath'>;

/** Removes what an engine that was killed had begun to write of a query. */
export async function removeUnfinished(
  { outputPaths, maskPath, overlayPath }: Outputs,
  scratchName: string,
): Promise<void> {
  for (const path of [...outputPaths, maskPath, overlayPath]) {
    if (path !== null) {
      await removeScratch(path, scratchName);
    }
  }
}
