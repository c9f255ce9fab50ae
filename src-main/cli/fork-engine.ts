/** Engines as child processes of a plain Node. */
import { fork } from 'node:child_process';
import type { EngineReply } from '../contract/engine-message.ts';
import type { StartEngine } from '../contract/engine-process.ts';

const stderrKeptCharacters = 8_192;
/**
 * Models answer in fresh memory, some 64 MB a question, and each 64 MB have the garbage collector look through the heap. Beside the
 * program, on threads of its own, that takes a sixth of all processor time; at one go it takes a few milliseconds.
 */
const collectAtOneGo = '--no-incremental-marking';

export function engineForker(entryPath: string): StartEngine {
  return ({ onReply, onExit }) => {
    const child = fork(entryPath, [], {
      execArgv: [...process.execArgv, collectAtOneGo],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      serialization: 'json',
    });
    let lastWords = '';
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      lastWords = (lastWords + chunk).slice(-stderrKeptCharacters);
    });
    child.on('message', (message) => onReply(message as EngineReply));
    child.on('error', ({ message }) => onExit(`it could not be started: ${message}`, lastWords));
    child.on('exit', (code, signal) => {
      onExit(signal === null ? `exit status ${String(code)}` : `signal ${signal}`, lastWords);
    });
    return {
      send: (request) => {
        if (child.connected) {
          child.send(request);
        }
      },
      kill: () => void child.kill('SIGKILL'),
    };
  };
}
