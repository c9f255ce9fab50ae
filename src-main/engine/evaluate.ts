/** An evaluation, and the further segmenters that a study compares. */
import type { EvaluateInput, EvaluationReport } from '../contract/evaluation.ts';
import type { EvaluationPorts } from '../core/evaluate/predict.ts';
import { runEvaluation } from '../core/evaluate/run-evaluation.ts';
import { namesOfPacks } from '../core/evaluate/study.ts';
import { loadPack } from '../core/pack/load-pack.ts';
import type { QueryContext } from '../core/query/query-ports.ts';
import { ModelStore } from './model-store.ts';
import type { HandlerContext } from './serve.ts';

export async function evaluateWithOthers(
  ports: EvaluationPorts,
  input: EvaluateInput,
  context: QueryContext,
  { signal, onProgress }: HandlerContext,
): Promise<EvaluationReport> {
  const stores: ModelStore[] = [];
  const otherSegmenters = [];
  const directories = input.study?.kind === 'segmenter' ? input.study.packDirectories : [];
  try {
    const packs = await Promise.all(directories.map((directory) => loadPack(directory, signal)));
    const names = namesOfPacks(packs.map(({ manifest, directory }) => ({ ...manifest, directory })));
    for (const [index, pack] of packs.entries()) {
      // Each stays loaded for the whole run, so each needs a store of its own.
      const store = new ModelStore();
      stores.push(store);
      const { provider, threads, shareGpu } = input;
      const request = { pack, provider, threads, shareGpu };
      otherSegmenters.push({
        name: names[index]!,
        sha256: pack.sha256,
        load: () => store.segmenter(request, signal),
      });
    }
    return await runEvaluation(ports, input, context, { signal, onProgress, otherSegmenters });
  } finally {
    for (const store of stores) {
      await store.dispose();
    }
  }
}
