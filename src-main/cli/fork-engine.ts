/** Engines as child processes of a plain Node. */
import { fork } from 'node:child_process';
import type { EngineReply } from '../contract/engine-message.ts';
import type { StartEngine } from '../contract/engine-process.ts';

const stderrKeptCharacters = 8_192;

export function engineForker(entryPath: string): StartEngine {
  return ({ onReply, onExit }) => {
    const child = fork(entryPath, [], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], serialization: 'json' });
    let lastWords = '';
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      lastWords = (lastWords + chunk).slice(-stderrKeptCharacters);
    });
    child.on('message', (message) => onReply(message as EngineReply));
    child.on('error', ({ message }) => {
      if (child.pid === undefined) {
        onExit(`it could not be started: ${message}`, lastWords);
      }
    });
    child.on('exit', (code, signal) => {
      onExit(signal === null ? `exit status ${String(code)}` : `signal ${signal}`, lastWords);
    });
    const kill = (): void => void child.kill('SIGKILL');
    return {
      send: (request) => {
        // One that can be told nothing would be waited for without end: its exit tells those who wait.
        child.send(request, (error) => {
          if (error !== null) {
            kill();
          }
        });
      },
      kill,
    };
  };
}
