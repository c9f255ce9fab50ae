/** Engines as child processes of a plain Node. */
import { fork } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import type { EngineReply } from '../contract/engine-message.ts';
import type { StartEngine } from '../contract/engine-process.ts';

const stderrKeptCharacters = 8_192;
/** How long the channel of a process that has ended may stay open. */
const lastMessagesMs = 1_000;

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
    // What it said at the end may reach us after the news of its end.
    const silent = new Promise((resolve) => child.once('disconnect', resolve));
    child.on('exit', (code, signal) => {
      const how = signal === null ? `exit status ${String(code)}` : `signal ${signal}`;
      void Promise.race([silent, delay(lastMessagesMs, undefined, { ref: false })]).then(() => onExit(how, lastWords));
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
