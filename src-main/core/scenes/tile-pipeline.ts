/** Keeps the models busy: while tiles are looked at, the next ones are read. Holds a bounded number of tiles, whatever the scene. */
import type { Tile } from './plan-tiles.ts';

export interface PipelineSteps<Read, Answer> {
  /** May run for several tiles at once. */
  read(tile: Tile): Promise<Read>;
  /** May run for several tiles at once; it waits for models by itself. */
  answer(tile: Tile, read: Read): Promise<Answer>;
  /** One call after another, in the order of the tiles. */
  take(tile: Tile, answer: Answer): Promise<void>;
}

/** @param ahead tiles that are read, looked at or wait to be taken, beside the one that is taken next. */
export async function runPipeline<Read, Answer>(
  tiles: Iterable<Tile>,
  ahead: number,
  steps: PipelineSteps<Read, Answer>,
): Promise<void> {
  const waiting: { tile: Tile; answer: Promise<Answer> }[] = [];
  const finishOldest = async (): Promise<void> => {
    const oldest = waiting.shift();
    if (oldest !== undefined) {
      await steps.take(oldest.tile, await oldest.answer);
    }
  };
  for (const tile of tiles) {
    const answer = steps.read(tile).then((read) => steps.answer(tile, read));
    // A failure is met when its turn comes, not as an unhandled rejection before.
    answer.catch(() => undefined);
    waiting.push({ tile, answer });
    if (waiting.length > ahead) {
      await finishOldest();
    }
  }
  while (waiting.length > 0) {
    await finishOldest();
  }
}
