/** Runs the real program as a user does. */
import { spawn } from 'node:child_process';
import { resolve } from 'node:path';

const launcher = resolve(import.meta.dirname, '../../src-main/think2seg.mjs');

export interface CommandResult {
  status: number | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  cwd?: string;
  environment?: Record<string, string>;
  /** Called with everything on stderr so far; may send a signal. */
  onStderr?: (text: string, kill: (signal: NodeJS.Signals) => void, pid: number) => void;
  /** Sends a signal so many milliseconds after the start, for commands that say nothing while they work. */
  interrupt?: { readonly signal: NodeJS.Signals; readonly afterMs: number };
}

export function runThink2seg(args: readonly string[], options: RunOptions = {}): Promise<CommandResult> {
  return new Promise((resolveResult, reject) => {
    const child = spawn(process.execPath, [launcher, ...args], {
      cwd: options.cwd,
      env: { ...process.env, ...options.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const { interrupt } = options;
    const timer = interrupt && setTimeout(() => child.kill(interrupt.signal), interrupt.afterMs);
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      stdout += chunk;
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      stderr += chunk;
      options.onStderr?.(stderr, (signal) => child.kill(signal), child.pid ?? 0);
    });
    child.on('error', reject);
    child.on('close', (status) => {
      clearTimeout(timer);
      resolveResult({ status, stdout, stderr });
    });
  });
}
