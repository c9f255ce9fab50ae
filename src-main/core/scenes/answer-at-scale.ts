/** One picture of the whole target, or one of each of its tiles: as the user asked, or as the question needs. */
import { Think2SegError } from '../../contract/errors.ts';
import type { SegmentInput } from '../../contract/routes.ts';
import { answerQuery } from '../query/answer-query.ts';
import type { QueryContext, QueryPorts, StepOptions } from '../query/query-ports.ts';
import type { SceneView } from '../query/scene-view.ts';
import { chooseScale, type ScaleChoice } from './choose-scale.ts';
import { planScene } from './plan-scene.ts';
import { answerTiles, type TiledAnswer } from './run-tiled-query.ts';

/** @throws Think2SegError USAGE for tiles with prompts that were given, and whatever the steps throw. */
export async function answerAtScale(
  ports: QueryPorts,
  view: SceneView,
  input: SegmentInput,
  context: QueryContext,
  options: StepOptions,
): Promise<TiledAnswer> {
  const whole = async (): Promise<TiledAnswer> => ({
    ...(await answerQuery(ports, view, input, context, options)),
    finish: () => Promise.resolve(),
  });
  if (input.scale === undefined) {
    return whole();
  }
  const plan = planScene(view.source, view, context.frame, input.scale);
  const choice: ScaleChoice =
    input.scale.name === 'auto'
      ? chooseScale(input.question, plan)
      : { scale: input.scale.name, reason: `--scale ${input.scale.name} was given` };
  options.onProgress({ stage: 'reading', note: `scale ${choice.scale}: ${choice.reason}` });
  if (choice.scale === 'whole') {
    const answer = await whole();
    return { ...answer, runRecord: { ...answer.runRecord, scale: { name: 'whole', reason: choice.reason } } };
  }
  if (input.promptSource.kind !== 'model') {
    throw new Think2SegError(
      'USAGE',
      '--scale tiles asks the language model about every tile; it cannot be combined with --prompts or --answer',
    );
  }
  return answerTiles({ ports, view, plan, input, context }, choice.reason, options);
}
