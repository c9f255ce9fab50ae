/** Utility processes, and why they ended. */
import { app, utilityProcess, type Details, type UtilityProcess } from 'electron';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

/** Electron tells the code of the exit at once, sometimes as 0, and the reason a moment later. */
const reasonDelayMs = 1_000;

const reasonWords: Readonly<Record<Details['reason'], string>> = {
  'clean-exit': 'ended by itself',
  'abnormal-exit': 'failed',
  killed: 'killed',
  crashed: 'crashed',
  oom: 'out of memory',
  'launch-failed': 'could not be started',
  'integrity-failure': 'a file of the program was changed',
  'memory-eviction': 'ended by the system to free memory',
};

export interface HelperProcess {
  readonly child: UtilityProcess;
  /** How it ended, for people: `killed, code 9`. */
  readonly ended: Promise<string>;
}

let started = 0;

export function startHelper(entryPath: string, args: string[], kind: 'engine' | 'probe'): HelperProcess {
  const serviceName = `Think2Seg ${kind} ${++started}`;
  const child = utilityProcess.fork(entryPath, args, { serviceName, stdio: 'pipe' });
  // Nobody reads it, and a full pipe would stop the process.
  child.stdout?.on('data', () => undefined);
  return { child, ended: howItEnded(child, serviceName) };
}

async function howItEnded(child: UtilityProcess, serviceName: string): Promise<string> {
  let forget = (): void => undefined;
  const reason = new Promise<string>((resolve) => {
    const listener = (_: unknown, { name, reason: word, exitCode }: Details): void => {
      if (name === serviceName) {
        resolve(`${reasonWords[word]}, code ${exitCode}`);
      }
    };
    forget = () => app.off('child-process-gone', listener);
    app.on('child-process-gone', listener);
  });
  const [code] = (await once(child, 'exit')) as [number];
  const how = await Promise.race([reason, delay(reasonDelayMs, `code ${code}`)]);
  forget();
  return how;
}

/** `UtilityProcess.kill` asks politely, which a process inside a native call does not hear. */
export function killHard(child: UtilityProcess): void {
  if (child.pid !== undefined) {
    try {
      process.kill(child.pid, 'SIGKILL');
    } catch {
      // Gone already; its exit is on the way.
    }
  }
}
