import type { ProviderName, ProviderReport } from './provider.ts';

/** What `think2seg doctor` prints: what really works on this machine. */
export interface DoctorReport {
  schema: 1;
  application: { name: string; version: string };
  platform: { os: string; architecture: string; node: string; onnxruntime: string };
  memory: { availableBytes: number; totalBytes: number };
  threads: number;
  providers: ProviderReport[];
  /** What `auto` takes for the models of `pack`, and why not something faster. */
  chosen: { provider: ProviderName; note?: string };
  pack: {
    directory: string;
    state: 'ok' | 'damaged' | 'missing';
    id?: string;
    version?: string;
    bytes?: number;
    problem?: string;
  };
}
