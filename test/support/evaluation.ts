/** An evaluation without models: answers from a table, masks that are the boxes. */
import type { DatasetName, EvaluateInput } from '../../src-main/contract/evaluation.ts';
import type { EvaluationPorts } from '../../src-main/core/evaluate/predict.ts';
import type { RasterReader } from '../../src-main/core/ports.ts';
import type { QueryContext } from '../../src-main/core/query/query-ports.ts';
import { fakeReasoner, fakeSegmenter } from './fake-ports.ts';

export const evaluationContext: QueryContext = {
  application: { name: 'think2seg', version: '0.0.0' },
  pack: { id: 'fake', version: '1.0', sha256: 'f'.repeat(64) },
  frame: { width: 280, height: 280 },
  answerSchema: { positivePoints: 2, negativePoints: 0 },
  providerNote: () => undefined,
};

/** The reasoner looks its answer up by the question; a question that is not there is an error. */
export function obedientPorts(
  rasters: RasterReader,
  answers: Record<string, string>,
): EvaluationPorts & { asked: string[] } {
  const asked: string[] = [];
  const segmenter = fakeSegmenter();
  return {
    asked,
    rasters,
    loadReasoner: () =>
      Promise.resolve({
        ...fakeReasoner(''),
        reason: (request, options) => {
          const answer = answers[request.question];
          if (answer === undefined) {
            throw new Error(`no answer to ${JSON.stringify(request.question)}`);
          }
          asked.push(request.question);
          return fakeReasoner(answer).reason(request, options);
        },
      }),
    loadSegmenter: () => Promise.resolve(segmenter),
  };
}

export function evaluationInput(dataset: DatasetName, rootDirectory: string, outDirectory: string): EvaluateInput {
  return {
    dataset,
    rootDirectory,
    split: 'test',
    packDirectory: '/none',
    provider: 'cpu',
    threads: null,
    mode: 'reference',
    seed: 0,
    limit: null,
    study: null,
    outDirectory,
    restart: false,
    pictures: 2,
    scratchName: '.think2seg-test',
  };
}
