/** The channel that Electron opens to a utility process. Structural, because the engine may not load Electron. */
export interface UtilityPort {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (message: { data: unknown }) => void): unknown;
}

/** Undefined where this engine is a child of the command line. */
export const utilityPort: UtilityPort | undefined = (process as { parentPort?: UtilityPort }).parentPort;
