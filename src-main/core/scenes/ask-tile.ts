/** What the language model names in a window that was read. */
import { Think2SegError } from '../../contract/errors.ts';
import { placePrompts } from '../query/place-prompts.ts';
import { clipPrompts, promptToScene, type ClippedPrompt } from '../query/prompt-frames.ts';
import type { ModelPorts, QueryContext, StepOptions } from '../query/query-ports.ts';
import type { SceneView } from '../query/scene-view.ts';
import type { ProviderUse } from '../../contract/provider.ts';

export interface NamedInWindow {
  /** Cut to the window. */
  readonly prompts: readonly ClippedPrompt[];
  readonly reasoning: string;
  readonly provider: ProviderUse['lvlm'];
}

/**
 * @returns the error where the answer cannot be understood: it fails the window, not the scene.
 * @throws Think2SegError for anything else that goes wrong.
 */
export async function askTile(
  ports: Pick<ModelPorts, 'loadReasoner'>,
  view: SceneView,
  question: string,
  context: QueryContext,
  options: StepOptions,
): Promise<NamedInWindow | Think2SegError> {
  let placed;
  try {
    placed = await placePrompts(ports, view, { question, promptSource: { kind: 'model' } }, context, options);
  } catch (thrown) {
    if (thrown instanceof Think2SegError && thrown.code === 'ANSWER_MALFORMED') {
      return thrown;
    }
    throw thrown;
  }
  const shapesScenePx = placed.prompts.map((prompt) => promptToScene(prompt, placed.frame, view.windowPx));
  return {
    prompts: clipPrompts(placed.prompts, shapesScenePx, view.windowPx),
    reasoning: placed.reasoning ?? '',
    provider: placed.reasonerProvider,
  };
}
