/** An engine process as whoever started it holds it: forked by Node, or a utility process of Electron. */
import type { EngineReply, EngineRequest } from './engine-message.ts';

export interface EngineProcess {
  send(request: EngineRequest): void;
  /** Ends it in whatever state it is; `onExit` follows. */
  kill(): void;
}

export interface EngineEvents {
  onReply: (reply: EngineReply) => void;
  /** `how` for people, `lastWords` is the end of what it wrote to stderr. */
  onExit: (how: string, lastWords: string) => void;
}

export type StartEngine = (events: EngineEvents) => EngineProcess;
