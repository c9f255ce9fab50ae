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

/** What a folder is that is to be imported. One without pack.json does not say its template, licence and frame: the user must. */
export type PackSurvey =
  | { kind: 'pack' }
  | {
      kind: 'foreign';
      /** Names of the sub-folders that hold the two models. */
      folders: { lvlm: string; segmenter: string };
      /** Model files under the names they get in the pack; their weights may lie in further files. */
      models: { path: string; bytes: number }[];
      /** All that would be copied. */
      bytes: number;
      suggestedId: string;
      /** Null when there is no licence text in it. */
      licencePath: string | null;
    };
