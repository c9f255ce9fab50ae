import type { PackManifest } from './pack-manifest.ts';

/** One pack as `pack list` and `pack inspect` show it. */
export interface PackSummary {
  id: string;
  version: string;
  title: string;
  directory: string;
  embedded: boolean;
  licenceId: string;
  licenceText: string;
  /** Null when the pack has none. */
  modelCardText: string | null;
  bytes: number;
  /** Identity of the pack: SHA-256 over the sorted lines `sha256  path` of its files, pack.json among them. */
  sha256: string;
  frame: PackManifest['frame'];
  promptTemplate: string;
  precisions: { lvlm: string[]; segmenter: string[] };
  estimatedMemoryBytes: number;
}

/** What `pack verify` found, file by file. */
export interface PackVerification {
  id: string;
  directory: string;
  ok: boolean;
  files: { path: string; bytes: number; state: 'ok' | 'missing' | 'wrong-size' | 'wrong-sum' | 'not-in-manifest' }[];
}
