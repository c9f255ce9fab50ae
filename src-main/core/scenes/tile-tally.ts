/** What the tiles of a scene came to, for the run record. Depends on the answers alone, not on the order in which they are counted. */
import type { ProviderUse } from '../../contract/provider.ts';
import type { ScaleRecord } from '../../contract/run-record.ts';
import type { TilePlan } from './plan-tiles.ts';
import type { SceneObject } from './scene-objects.ts';
import type { TileAnswer } from './tile-answer.ts';

const reasoningsKept = 20;

export class TileTally {
  readonly #counts = { answered: 0, nodata: 0, uniform: 0, white: 0, failed: 0 };
  readonly #seams = { completed: 0, leftCut: 0, sameAsOther: 0 };
  readonly #reasonings = new Map<string, number>();
  #provider: ProviderUse = { lvlm: null, segmenter: null };
  #partsFound = 0;

  get failed(): number {
    return this.#counts.failed;
  }

  get answered(): number {
    return this.#counts.answered;
  }

  get provider(): ProviderUse {
    return this.#provider;
  }

  /** Tiles that need not even be read. */
  addEmpty(count: number): void {
    this.#counts.nodata += count;
  }

  /** @returns the reasoning when no tile said the same before, else null. */
  addTile(answer: TileAnswer): string | null {
    this.#counts[answer.state === 'skipped' ? answer.reason : answer.state]++;
    if (answer.state !== 'answered') {
      return null;
    }
    const isNew = !this.#reasonings.has(answer.reasoning);
    this.#reasonings.set(answer.reasoning, (this.#reasonings.get(answer.reasoning) ?? 0) + 1);
    this.#partsFound += answer.instances.length;
    this.addProvider(answer.provider);
    return isNew && answer.reasoning !== '' ? answer.reasoning : null;
  }

  addProvider({ lvlm = null, segmenter = null }: Partial<ProviderUse>): void {
    this.#provider = { lvlm: lvlm ?? this.#provider.lvlm, segmenter: segmenter ?? this.#provider.segmenter };
  }

  addObject(origin: SceneObject['origin'], isNew: boolean): void {
    this.#seams.completed += origin === 'completed' ? 1 : 0;
    this.#seams.leftCut += origin === 'left-cut' ? 1 : 0;
    this.#seams.sameAsOther += isNew ? 0 : 1;
  }

  record(plan: TilePlan, reason: string): ScaleRecord {
    const { answered, failed, ...skipped } = this.#counts;
    const { width = 0, height = 0 } = plan.tiles[0]?.windowPx ?? {};
    return {
      name: 'tiles',
      reason,
      tiles: plan.tiles.length,
      tileSizePx: { width, height },
      answered,
      failed,
      skipped,
      partsFound: this.#partsFound,
      seams: { ...this.#seams },
    };
  }

  /** What was said most often, with how many tiles it was said of. */
  reasoning(): string {
    return [...this.#reasonings]
      .sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1))
      .slice(0, reasoningsKept)
      .map(([text, count]) => `${count} ${count === 1 ? 'tile' : 'tiles'}: ${text}`)
      .join('\n');
  }
}
