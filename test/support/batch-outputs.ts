/** What a batch leaves behind, as tests look at it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { BatchResult, DoneLine, FailedLine, ManifestLine } from '../../src-main/contract/batch.ts';

/** What `--json` prints last. */
export function resultOf(stdout: string): BatchResult {
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as BatchResult;
}

/** @param folder of the batch. */
export function manifestLines(folder: string, name = 'manifest.jsonl'): ManifestLine[] {
  return readFileSync(join(folder, name), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as ManifestLine);
}

export function itemLines(folder: string): (DoneLine | FailedLine)[] {
  return manifestLines(folder).filter((line) => line.kind === 'item');
}

export function doneLines(folder: string): DoneLine[] {
  return itemLines(folder).filter((line) => line.state === 'done');
}

/** Everything that a batch must reproduce: names of the files, features and records without what only says when they were made. */
export function reproducible(folder: string): unknown {
  const scenes = join(folder, 'scenes');
  return readdirSync(scenes)
    .sort()
    .map((name) => {
      const json = JSON.parse(readFileSync(join(scenes, name), 'utf8')) as {
        features: unknown[];
        think2seg: Record<string, unknown>;
      };
      const { createdAt, timingsMs, ...record } = json.think2seg;
      expect([createdAt, timingsMs]).not.toContain(undefined);
      return [name, json.features, record];
    });
}
