/** The utility process that owns the models, and the short-lived ones in which it has graphics drivers examined. */
import type { UtilityProcess } from 'electron';
import type {
  EngineReply,
  EngineRequest,
  ProbeMessageFromEngine,
  ProbeMessageToEngine,
} from '../contract/engine-message.ts';
import type { StartEngine } from '../contract/engine-process.ts';
import type { ProviderReport } from '../contract/provider.ts';
import { killHard, startHelper } from './helper-process.ts';

const stderrKeptCharacters = 8_192;

export function engineStarter(engineEntryPath: string, probeEntryPath: string): StartEngine {
  return (events) => {
    const { child: engine, ended } = startHelper(engineEntryPath, [], 'engine');
    const probes = new Map<number, UtilityProcess>();
    const send = (message: EngineRequest | ProbeMessageToEngine): void => {
      // Without a process id it is gone, and nobody is there to be told.
      if (engine.pid !== undefined) {
        engine.postMessage(message);
      }
    };
    let lastWords = '';
    onText(engine.stderr, (text) => {
      lastWords = (lastWords + text).slice(-stderrKeptCharacters);
    });
    engine.on('message', (message: EngineReply | ProbeMessageFromEngine) => {
      switch (message.kind) {
        case 'probe-start':
          probes.set(message.id, startProbe(probeEntryPath, message.id, message.argument, send));
          return;
        case 'probe-kill': {
          const probe = probes.get(message.id);
          if (probe !== undefined) {
            killHard(probe);
            probes.delete(message.id);
          }
          return;
        }
        case 'ready':
        case 'begun':
        case 'progress':
        case 'done':
        case 'failed':
          events.onReply(message);
      }
    });
    void ended.then((how) => {
      probes.forEach(killHard);
      events.onExit(how, lastWords);
    });
    return {
      send,
      kill: () => killHard(engine),
    };
  };
}

function startProbe(
  entryPath: string,
  id: number,
  argument: string,
  reply: (message: ProbeMessageToEngine) => void,
): UtilityProcess {
  const { child, ended } = startHelper(entryPath, [argument], 'probe');
  onText(child.stderr, (text) => reply({ kind: 'probe-stderr', id, text }));
  child.once('message', (report: ProviderReport) => reply({ kind: 'probe-report', id, report }));
  void ended.then((how) => reply({ kind: 'probe-exit', id, how }));
  return child;
}

function onText(stream: NodeJS.ReadableStream | null, listener: (text: string) => void): void {
  stream?.on('data', (chunk: Buffer) => listener(chunk.toString('utf8')));
}
