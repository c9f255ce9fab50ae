/** Where prompts come from: the language model, an answer it gave before, or the user. */
import { createHash } from 'node:crypto';
import { Think2SegError } from '../../contract/errors.ts';
import type { Prompt } from '../../contract/prompt.ts';
import type { SegmentInput } from '../../contract/routes.ts';
import type { RunRecord } from '../../contract/run-record.ts';
import type { Reasoner, RgbImage } from '../ports.ts';
import { parseAnswer } from '../reason/parse-answer.ts';
import type { PromptFrame } from './prompt-frames.ts';
import type { ModelPorts, QueryContext, StepOptions } from './query-ports.ts';
import type { SceneView } from './scene-view.ts';

export interface PlacedPrompts {
  readonly source: RunRecord['promptSource'];
  readonly prompts: readonly Prompt[];
  /** The frame the prompts are written in; it covers the window. */
  readonly frame: PromptFrame;
  readonly reasoning: string | null;
  readonly rawAnswer: string | null;
  readonly reasonerProvider: Reasoner['provider'] | null;
}

async function askModel(
  ports: Pick<ModelPorts, 'loadReasoner'>,
  question: string,
  image: RgbImage,
  { stopwatch, signal, onProgress }: StepOptions,
): Promise<{ text: string; provider: Reasoner['provider'] }> {
  onProgress({ stage: 'loading' });
  const reasoner = await stopwatch.time('loadLvlm', () => ports.loadReasoner(signal));
  const imageKey = createHash('sha256').update(`${image.width}x${image.height}`).update(image.data).digest('hex');
  const answer = await reasoner.reason({ imageModel: image, imageKey, question }, { signal, onProgress });
  for (const part of ['preprocess', 'vision', 'prefill', 'decode'] as const) {
    stopwatch.add(part, answer.timingsMs[part]);
  }
  if (answer.stopReason === 'length') {
    throw new Think2SegError(
      'ANSWER_MALFORMED',
      `the answer did not end within ${answer.newTokens} tokens; ask more simply or use another pack`,
      { detail: answer.text },
    );
  }
  return { text: answer.text, provider: reasoner.provider };
}

export async function placePrompts(
  ports: Pick<ModelPorts, 'loadReasoner'>,
  view: SceneView,
  { question, promptSource }: Pick<SegmentInput, 'question' | 'promptSource'>,
  context: Pick<QueryContext, 'frame' | 'answerSchema'>,
  options: StepOptions,
): Promise<PlacedPrompts> {
  if (promptSource.kind === 'prompts') {
    return {
      source: 'prompts-file',
      prompts: promptSource.promptsWindowPx,
      frame: view.windowPx,
      reasoning: null,
      rawAnswer: null,
      reasonerProvider: null,
    };
  }
  const answer =
    promptSource.kind === 'answer'
      ? { text: promptSource.text, provider: null }
      : await askModel(ports, question, view.model.imageModel, options);
  options.onProgress({ stage: 'placing' });
  const parsed = await options.stopwatch.time('parse', () => parseAnswer(answer.text, context.answerSchema));
  return {
    source: promptSource.kind === 'answer' ? 'answer-file' : 'model',
    prompts: parsed.prompts,
    frame: context.frame,
    reasoning: parsed.reasoning,
    rawAnswer: answer.text,
    reasonerProvider: answer.provider,
  };
}
