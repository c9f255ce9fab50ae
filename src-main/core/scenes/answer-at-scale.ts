/** One picture of the whole target, or one of each of its tiles: as the user asked, or as the question needs. */
import { Think2SegError } from '../../contract/errors.ts';
import type { SegmentInput } from '../../contract/routes.ts';
import { answerQuery } from '../query/answer-query.ts';
import type { QueryContext, QueryPorts, StepOptions } from '../query/query-ports.ts';
import type { SceneView } from '../query/scene-view.ts';
import { chooseScale, type ScaleChoice } from './choose-scale.ts';
import { planScene, type ScaleOptions } from './plan-scene.ts';
import type { TilePlan } from './plan-tiles.ts';
import { answerTiles, type TiledAnswer } from './run-tiled-query.ts';

function choiceOf({ promptSource, question }: SegmentInput, scale: ScaleOptions['name'], plan: TilePlan): ScaleChoice {
  if (scale !== 'auto') {
    return { scale, reason: `--scale ${scale} was given` };
  }
  switch (promptSource.kind) {
    case 'model':
      return chooseScale(question, plan);
    case 'prompts':
      return { scale: 'whole', reason: 'the prompts were given, and are of the whole place' };
    case 'answer':
      return { scale: 'whole', reason: 'the answer was given, and is about the whole place' };
  }
}

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
  const choice = choiceOf(input, input.scale.name, plan);
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
