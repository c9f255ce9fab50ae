import { z } from 'zod';

/** Execution providers of ONNX Runtime, in the order `auto` tries them. */
export const providerNames = ['cuda', 'dml', 'webgpu', 'cpu'] as const;

export type ProviderName = (typeof providerNames)[number];

export const providerChoiceSchema = z.enum(['auto', ...providerNames]);

export type ProviderChoice = z.infer<typeof providerChoiceSchema>;

/** What `doctor` says of one provider: it worked on a real model and computed what the CPU computes, or why not. */
export interface ProviderReport {
  provider: ProviderName;
  works: boolean;
  /** Why it does not work, or what it cannot do (for example: no fp16). */
  reason?: string;
  /** Largest absolute difference from the CPU on the probe model. */
  maxDifference?: number;
  supportsFp16?: boolean;
  /** Operators it computes wrong or fails at; models that hold one of them must not run on it. */
  wrongOperators?: string[];
  /** Time of the same matrix products here and on the CPU. `auto` takes nothing that is slower than the CPU. */
  speed?: { providerMs: number; cpuMs: number };
}

/** Which provider really ran, and why not a better one. */
export interface ProviderUse {
  lvlm: ProviderName | null;
  segmenter: ProviderName | null;
  note?: string;
}
