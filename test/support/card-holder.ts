/** A process that takes graphics cards on request: what an engine does before it loads a model onto one. */
import { toThink2SegError } from '../../src-main/contract/errors.ts';
import { holdCard } from '../../src-main/core/inference/card-lock.ts';

export type HolderOrder = { kind: 'hold'; card: string; share: boolean } | { kind: 'release' };
/** What was thrown, or null. */
export type HolderReply = { code: string; message: string } | null;

const held: (() => Promise<void>)[] = [];

async function obey(order: HolderOrder): Promise<void> {
  if (order.kind === 'hold') {
    held.push(await holdCard(order.card, order.share));
  } else {
    await held.pop()?.();
  }
}

process.on('message', (order: HolderOrder) => {
  obey(order).then(
    () => process.send?.(null),
    (thrown: unknown) => process.send?.(toThink2SegError(thrown).toEnvelope()),
  );
});
process.on('disconnect', () => process.exit());
