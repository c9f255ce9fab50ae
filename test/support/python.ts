import { spawn, spawnSync, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';

const interpreter = process.env['T2S_PYTHON'] ?? resolve(import.meta.dirname, '../../models/.venv/bin/python');

/**
 * Why Python with these modules cannot be used here; null when it can.
 * With T2S_REQUIRE_PYTHON=1 a missing module is an error, so that no comparison is skipped silently.
 */
export function pythonMissing(modules: readonly string[]): string | null {
  const reason = findReason(modules);
  if (reason !== null && process.env['T2S_REQUIRE_PYTHON'] === '1') {
    throw new Error(`Python is required here: ${reason}`);
  }
  return reason;
}

function findReason(modules: readonly string[]): string | null {
  if (!existsSync(interpreter)) {
    return `no Python at ${interpreter} (npm run test:models makes it, or set T2S_PYTHON)`;
  }
  const probe = spawnSync(interpreter, ['-c', modules.map((name) => `import ${name}`).join('\n')], {
    encoding: 'utf8',
  });
  if (probe.error !== undefined) {
    return `Python does not start: ${probe.error.message}`;
  }
  return probe.status === 0 ? null : `Python cannot import: ${probe.stderr.trim().split('\n').at(-1) ?? ''}`;
}

/**
 * A Python script kept alive that answers one JSON line per JSON line, so that starting the interpreter is paid once.
 * A reply with the key `error` rejects. Close it in `afterAll`.
 */
export class PythonProcess {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #waiting: { resolve: (line: string) => void; reject: (error: Error) => void }[] = [];
  #stderr = '';

  constructor(scriptPath: string) {
    this.#child = spawn(interpreter, ['-u', scriptPath], { stdio: 'pipe' });
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#waiting.shift()?.resolve(line));
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-4000);
    });
    const fail = (what: string) => {
      for (const waiter of this.#waiting.splice(0)) {
        waiter.reject(new Error(`${scriptPath} ${what}: ${this.#stderr}`));
      }
    };
    this.#child.stdin.on('error', (error) => fail(error.message));
    this.#child.on('error', (error) => fail(error.message));
    this.#child.on('close', (status) => fail(`ended with status ${status ?? 'none'}`));
  }

  /** Sends one request and resolves with its reply; the caller says what the reply looks like. */
  async ask(request: object): Promise<Record<string, unknown>> {
    const line = await new Promise<string>((resolveLine, reject) => {
      if (this.#child.exitCode !== null) {
        reject(new Error(`the Python process has ended with status ${this.#child.exitCode}: ${this.#stderr}`));
        return;
      }
      this.#waiting.push({ resolve: resolveLine, reject });
      this.#child.stdin.write(`${JSON.stringify(request)}\n`);
    });
    const reply = JSON.parse(line) as Record<string, unknown>;
    if (typeof reply['error'] === 'string') {
      throw new Error(reply['error']);
    }
    return reply;
  }

  close(): void {
    this.#child.stdin.end();
  }
}
