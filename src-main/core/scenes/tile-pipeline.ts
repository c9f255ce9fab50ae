/** Keeps the models busy: while one tile is looked at, the next ones are read. Holds a bounded number of tiles, whatever the scene. */
import type { Tile } from './plan-tiles.ts';

export interface PipelineSteps<Read, Answer> {
  /** May run for several tiles at once. */
  read(tile: Tile): Promise<Read>;
  /** Runs for one tile at a time. */
  answer(tile: Tile, read: Read): Promise<Answer>;
  /** One call after another, in the order in which tiles are finished. */
  take(tile: Tile, answer: Answer): Promise<void>;
}

/** @param ahead tiles that are read or wait to be looked at, beside the one that is. */
export async function runPipeline<Read, Answer>(
  tiles: Iterable<Tile>,
  ahead: number,
  steps: PipelineSteps<Read, Answer>,
): Promise<void> {
  const waiting: { tile: Tile; read: Promise<Read> }[] = [];
  const finishOldest = async (): Promise<void> => {
    const oldest = waiting.shift();
    if (oldest !== undefined) {
      await steps.take(oldest.tile, await steps.answer(oldest.tile, await oldest.read));
    }
  };
  for (const tile of tiles) {
    const read = steps.read(tile);
    // A failure is met when its turn comes, not as an unhandled rejection before.
    read.catch(() => undefined);
    waiting.push({ tile, read });
    if (waiting.length > ahead) {
      await finishOldest();
    }
  }
  while (waiting.length > 0) {
    await finishOldest();
  }
}
