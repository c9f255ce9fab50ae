/**
 * Every failure a user can meet, with the exit status the command line gives it.
 *
 * 2 usage, 3 input cannot be read, 4 pack missing or damaged, 5 inference failed, 6 output cannot be written, 7 a batch came to its
 * end but some of its scenes failed, 130 cancelled, 1 a defect of this program.
 */
export const exitStatusByCode = {
  USAGE: 2,
  QUESTION_INVALID: 2,
  WINDOW_EMPTY: 2,
  OUTPUT_FORMAT: 2,

  INPUT_NOT_FOUND: 3,
  INPUT_NOT_READABLE: 3,
  INPUT_NOT_RASTER: 3,
  INPUT_CORRUPT: 3,
  INPUT_UNSUPPORTED: 3,
  INPUT_TOO_LARGE: 3,
  WINDOW_OUTSIDE: 3,
  WINDOW_NO_DATA: 3,
  BAND_UNKNOWN: 3,
  CRS_UNSUPPORTED: 3,
  GEOREFERENCE_MISSING: 3,
  PROMPTS_INVALID: 3,

  PACK_NOT_FOUND: 4,
  PACK_INVALID: 4,
  PACK_INCOMPLETE: 4,
  PACK_DAMAGED: 4,
  PACK_FOREIGN: 4,
  PACK_EXISTS: 4,

  MEMORY_INSUFFICIENT: 5,
  PROVIDER_UNAVAILABLE: 5,
  GPU_IN_USE: 5,
  INFERENCE_FAILED: 5,
  ENGINE_CRASHED: 5,
  ANSWER_MALFORMED: 5,
  SCENE_TIMEOUT: 5,

  OUTPUT_EXISTS: 6,
  OUTPUT_NOT_WRITABLE: 6,
  OUTPUT_FULL: 6,
  OUTPUT_TOO_LARGE: 6,
  OUTPUT_LOCKED: 6,

  BATCH_INCOMPLETE: 7,

  CANCELLED: 130,
  INTERNAL: 1,
} as const;

export type ErrorCode = keyof typeof exitStatusByCode;

/** What an error looks like after it crossed a process border. */
export interface ErrorEnvelope {
  code: ErrorCode;
  message: string;
  /** Material for the log, such as the raw answer of a model; never needed to understand the message. */
  detail?: string;
}

/** An error with a stable code. The message says what was got, what was expected and what to do. */
export class Think2SegError extends Error {
  readonly code: ErrorCode;
  readonly detail: string | undefined;

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; detail?: string } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'Think2SegError';
    this.code = code;
    this.detail = options.detail;
  }

  get exitStatus(): number {
    return exitStatusByCode[this.code];
  }

  toEnvelope(): ErrorEnvelope {
    return {
      code: this.code,
      message: this.message,
      ...(this.detail === undefined ? {} : { detail: this.detail }),
    };
  }

  static fromEnvelope(envelope: ErrorEnvelope): Think2SegError {
    return new Think2SegError(
      envelope.code,
      envelope.message,
      envelope.detail === undefined ? {} : { detail: envelope.detail },
    );
  }
}

/**
 * Gives any thrown value a code: our own errors as they are, an abort as CANCELLED, anything else as INTERNAL.
 */
export function toThink2SegError(thrown: unknown): Think2SegError {
  if (thrown instanceof Think2SegError) {
    return thrown;
  }
  if (thrown instanceof Error && thrown.name === 'AbortError') {
    return new Think2SegError('CANCELLED', 'stopped on request; nothing was written', { cause: thrown });
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const stack = thrown instanceof Error ? thrown.stack : undefined;
  return new Think2SegError('INTERNAL', `${message}; this is a defect of the program, please report it`, {
    cause: thrown,
    ...(stack === undefined ? {} : { detail: stack }),
  });
}
