import type { ProviderName } from '../../contract/provider.ts';
import type { EvaluationPorts } from './predict.ts';

/** The same ports, and which providers they turned out to use: null for a model that nothing asked for. */
export function watchProviders(ports: EvaluationPorts): {
  ports: EvaluationPorts;
  used: { lvlm: ProviderName | null; segmenter: ProviderName | null };
} {
  const used: { lvlm: ProviderName | null; segmenter: ProviderName | null } = { lvlm: null, segmenter: null };
  return {
    used,
    ports: {
      ...ports,
      loadReasoner: async (signal) => {
        const reasoner = await ports.loadReasoner(signal);
        used.lvlm = reasoner.provider;
        return reasoner;
      },
      loadSegmenter: async (signal) => {
        const segmenter = await ports.loadSegmenter(signal);
        used.segmenter = segmenter.provider;
        return segmenter;
      },
    },
  };
}
