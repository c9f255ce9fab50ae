import { fork } from 'node:child_process';

import type { ProviderName, ProviderReport } from '../../contract/provider.ts';
import { explainDriverFailure } from './driver-failure.ts';
import { runProbe, type ProbeRequest } from './probe-run.ts';

/** What becomes of a probe process. */
export interface ProbeChildEvents {
  onReport: (report: ProviderReport) => void;
  onStderr: (text: string) => void;
  /** It ended before it reported; `how` is its exit status or signal, for people. */
  onExit: (how: string) => void;
  onStartFailure: (reason: string) => void;
}

/** Starts `serveProbe()` in a process of its own with one argument. The child that is returned is killed in the end. */
export type StartProbeChild = (argument: string, events: ProbeChildEvents) => { kill(): void };

export interface ProbeChildOptions {
  readonly startChild: StartProbeChild;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** A Node process that runs the script `probeEntryPath`, which calls `serveProbe()`. */
export function forkProbe(probeEntryPath: string, environment: NodeJS.ProcessEnv): StartProbeChild {
  return (argument, events) => {
    const child = fork(probeEntryPath, [argument], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      execArgv: [],
      env: environment,
    });
    child.stderr?.setEncoding('utf8').on('data', events.onStderr);
    child.once('message', (report) => events.onReport(report as ProviderReport));
    child.once('error', (error) => events.onStartFailure(error.message));
    child.once('exit', (code, exitSignal) => {
      events.onExit(exitSignal === null ? `exit status ${String(code)}` : `signal ${exitSignal}`);
    });
    return {
      kill: () => {
        child.removeAllListeners();
        // It may be gone already; a listener must stay, or a late error would be thrown.
        child.on('error', () => undefined);
        child.kill('SIGKILL');
      },
    };
  };
}

/** Body of the probe process: examines the provider named in its argument, answers its parent, ends. */
export function serveProbe(): void {
  const request = JSON.parse(process.argv.at(-1) ?? '') as ProbeRequest;
  void runProbe(request).then((report) => {
    const { parentPort } = process as { parentPort?: { postMessage: (message: unknown) => void } };
    if (parentPort !== undefined) {
      // The desktop ends this process once it has the report.
      parentPort.postMessage(report);
      return;
    }
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
    let complaint = '';
    const settle = (finish: () => void): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      child.kill();
      finish();
    };
    const fail = (reason: string): void => settle(() => resolve({ provider, works: false, reason }));
    const onAbort = (): void => settle(() => reject(abortReason(signal)));
    const timer = setTimeout(() => {
      fail(`did not answer within ${options.timeoutMs / 1000} s on the probe model`);
    }, options.timeoutMs);
    signal.addEventListener('abort', onAbort);

    const child = options.startChild(JSON.stringify(request), {
      onReport: (report) => settle(() => resolve(report)),
      onStderr: (text) => {
        complaint = (complaint + text).slice(-2_000);
      },
      onStartFailure: (reason) => fail(`the probe process could not be started: ${reason}`),
      onExit: (how) => {
        const last = lastWords(provider, complaint);
        fail(`crashed on the probe model (${how})${last === '' ? '' : `: ${last}`}`);
      },
    });
  });
}

/** The missing library, wherever a driver named it; else the last line. */
function lastWords(provider: ProviderName, complaint: string): string {
  const lines = complaint.trim().split('\n');
  const line = lines.find((text) => text.includes('cannot open shared object file')) ?? lines.at(-1) ?? '';
  return explainDriverFailure(provider, line).slice(0, 200);
}

function abortReason(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error(String(signal.reason));
}
