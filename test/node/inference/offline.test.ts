import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { forkProbe, probeInChild } from '../../../src-main/core/inference/probe-child.ts';
import { buildEntry } from '../../support/build-entry.ts';

const root = resolve(import.meta.dirname, '../../..');
const probeDirectory = join(root, 'resources', 'probe');

let home: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'think2seg-home-'));
});

afterEach(() => {
  rmSync(home, { recursive: true });
});

/** The environment of an ordinary user: ONNX Runtime is silent on its own where it believes to be in CI. */
function userEnvironment(): NodeJS.ProcessEnv {
  const drop = new Set(['CI', 'GITHUB_ACTIONS', 'TF_BUILD', 'ORT_DISABLE_TELEMETRY', 'XDG_CACHE_HOME']);
  return { ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !drop.has(name))), HOME: home };
}

describe.runIf(process.platform === 'linux')('usage data of ONNX Runtime', () => {
  test('is neither collected nor kept when we load it', async () => {
    const entry = await buildEntry('src-main/engine/probe-entry.ts');
    try {
      const report = await probeInChild(
        { provider: 'cpu', probeDirectory, threads: 1, stopIfSlow: false },
        {
          startChild: forkProbe(entry.path, userEnvironment()),
          timeoutMs: 60_000,
          signal: new AbortController().signal,
        },
      );
      expect(report.works).toBe(true);
    } finally {
      entry.remove();
    }
    expect(readdirSync(home)).toEqual([]);
  });

  test('would be collected otherwise: this test can fail', () => {
    const script = `
      const { InferenceSession } = require('onnxruntime-node');
      InferenceSession.create(${JSON.stringify(join(probeDirectory, 'probe_q4.onnx'))}, { executionProviders: ['cpu'] });
    `;
    // Collected, but not sent from here: there is no way out through this proxy.
    const env = { ...userEnvironment(), https_proxy: 'http://127.0.0.1:9', HTTPS_PROXY: 'http://127.0.0.1:9' };
    execFileSync(process.execPath, ['-e', script], { cwd: root, env });
    expect(readdirSync(home, { recursive: true }).join('\n')).toContain('onnxruntime.db');
  });
});
