import { fork } from 'node:child_process';

import type { ProviderReport } from '../../contract/provider.ts';
import { runProbe, type ProbeRequest } from './probe-run.ts';

export interface ProbeChildOptions {
  /** Script that calls `serveProbe()`. */
  readonly probeEntryPath: string;
  readonly timeoutMs: number;
  readonly environment: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

/** Body of the probe process: examines the provider named in its argument, answers its parent, ends. */
export function serveProbe(): void {
  const request = JSON.parse(process.argv[2] ?? '') as ProbeRequest;
  void runProbe(request).then((report) => {
    // Drivers have been seen to crash while they are unloaded: leave without the ceremony once the answer is out.
    process.send?.(report, () => process.exit(0));
  });
}

/**
 * Examines a provider in a process of its own, because a broken graphics driver may end or hang the process that touches
 * it. A crash and a hang are answers too: the provider does not work, and why.
 */
export function probeInChild(request: ProbeRequest, options: ProbeChildOptions): Promise<ProviderReport> {
  const { provider } = request;
  const { signal } = options;
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(abortReason(signal));
      return;
    }
    const child = fork(options.probeEntryPath, [JSON.stringify(request)], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      execArgv: [],
      // An Electron executable is a plain Node with this.
      env: { ...options.environment, ELECTRON_RUN_AS_NODE: '1' },
    });
    let complaint = '';
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      complaint = (complaint + chunk).slice(-2_000);
    });

    const settle = (finish: () => void): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      child.removeAllListeners();
      // `kill` may find the child gone already; a listener must stay, or a late error would be thrown.
      child.on('error', () => undefined);
      child.kill('SIGKILL');
      finish();
    };
    const fail = (reason: string): void => settle(() => resolve({ provider, works: false, reason }));
    const onAbort = (): void => settle(() => reject(abortReason(signal)));
    const timer = setTimeout(() => {
      fail(`did not answer within ${options.timeoutMs / 1000} s on the probe model`);
    }, options.timeoutMs);

    signal.addEventListener('abort', onAbort);
    child.once('message', (report) => settle(() => resolve(report as ProviderReport)));
    child.once('error', (error) => fail(`the probe process could not be started: ${error.message}`));
    child.once('exit', (code, exitSignal) => {
      const how = exitSignal === null ? `exit status ${String(code)}` : `signal ${exitSignal}`;
      const last = complaint.trim().split('\n').at(-1) ?? '';
      fail(`crashed on the probe model (${how})${last === '' ? '' : `: ${last.slice(0, 200)}`}`);
    });
  });
}

function abortReason(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error(String(signal.reason));
}
