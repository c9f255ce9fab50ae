import { existsSync } from 'node:fs';

import { Tensor } from 'onnxruntime-common';
import type { InferenceSession as OrtSession } from 'onnxruntime-common';

import { Think2SegError } from '../../contract/errors.ts';
import type { ProviderName } from '../../contract/provider.ts';
import { explainDriverFailure } from './driver-failure.ts';
import { loadRuntime } from './runtime.ts';
import { defaultThreads } from './threads.ts';

export { Tensor };

/** Name, element type and shape of an input or output; unknown dimensions are strings, the names the model gives them. */
export type ValueMetadata = OrtSession.ValueMetadata;

/**
 * How long the threads of a model wait for its next run before they give their processors back. The steps of a decoder follow one another
 * within less; by ONNX Runtime's own measure they would keep a machine of few cores from all that comes after a model for tens of
 * milliseconds.
 */
const waitForNextRunUs = 1000;

/** A loaded model. `run` blocks this thread while the model computes; inputs are not copied. */
export interface InferenceSession {
  readonly modelPath: string;
  readonly provider: ProviderName;
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly inputMetadata: readonly ValueMetadata[];
  readonly outputMetadata: readonly ValueMetadata[];
  /**
   * Runs the model once. `outputs` names what is wanted (default: all).
   *
   * @throws {Think2SegError} INFERENCE_FAILED with what ONNX Runtime says.
   */
  run(feeds: Record<string, Tensor>, outputs?: readonly string[]): Promise<Record<string, Tensor>>;
  /** Frees the model's memory; the session cannot be used after. May be called twice. */
  release(): Promise<void>;
}

export interface SessionOptions {
  readonly provider: ProviderName;
  /** CPU threads; default: the physical cores this process may use. */
  readonly threads?: number;
}

/**
 * Loads an ONNX model. External data (`<model>.onnx_data`) is found beside the model by ONNX Runtime itself. Operators
 * that the provider lacks run on the CPU.
 *
 * @throws {Think2SegError} PACK_INCOMPLETE when the file is missing, PACK_DAMAGED when it is no readable model,
 *   PROVIDER_UNAVAILABLE when this machine lacks the provider, INFERENCE_FAILED otherwise.
 */
export async function openSession(modelPath: string, options: SessionOptions): Promise<InferenceSession> {
  const { provider } = options;
  if (!existsSync(modelPath)) {
    throw new Think2SegError(
      'PACK_INCOMPLETE',
      `model file ${modelPath} is missing; expected every file that the pack names; import the pack again`,
    );
  }
  if (provider === 'dml' && process.platform !== 'win32') {
    // ONNX Runtime would only warn here and compute on the CPU.
    throw new Think2SegError(
      'PROVIDER_UNAVAILABLE',
      `provider dml needs Windows, this is ${process.platform}; use --provider auto`,
    );
  }
  const runtime = await loadRuntime();
  let session: OrtSession;
  try {
    session = await runtime.InferenceSession.create(modelPath, {
      executionProviders: [provider],
      intraOpNumThreads: options.threads ?? defaultThreads(),
      graphOptimizationLevel: 'all',
      logSeverityLevel: 3,
      // A second run of equal shape would plan one block for all values while what the first run took stays: 0.5 to 2 GB more for a
      // SAM 2.1, and no time saved. DirectML supports neither that nor parallel execution.
      enableMemPattern: false,
      extra: { session: { intra_op: { spin_duration_us: `${waitForNextRunUs}` } } },
      ...(provider === 'dml' ? { executionMode: 'sequential' } : {}),
    });
  } catch (error) {
    throw loadFailure(modelPath, provider, error);
  }
  return new LoadedModel(modelPath, provider, session);
}

class LoadedModel implements InferenceSession {
  readonly modelPath: string;
  readonly provider: ProviderName;
  #session: OrtSession | null;
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly inputMetadata: readonly ValueMetadata[];
  readonly outputMetadata: readonly ValueMetadata[];

  constructor(modelPath: string, provider: ProviderName, session: OrtSession) {
    this.modelPath = modelPath;
    this.provider = provider;
    this.#session = session;
    this.inputNames = session.inputNames;
    this.outputNames = session.outputNames;
    this.inputMetadata = session.inputMetadata;
    this.outputMetadata = session.outputMetadata;
  }

  async run(feeds: Record<string, Tensor>, outputs?: readonly string[]): Promise<Record<string, Tensor>> {
    if (this.#session === null) {
      throw new Think2SegError('INTERNAL', `model ${this.modelPath} was run after release; load it again first`);
    }
    try {
      return await (outputs === undefined ? this.#session.run(feeds) : this.#session.run(feeds, outputs));
    } catch (error) {
      throw new Think2SegError(
        'INFERENCE_FAILED',
        `model ${this.modelPath} failed on provider ${this.provider}: ${messageOf(error)}; ` +
          'try --provider cpu or a smaller window, and run `think2seg pack verify`',
        { cause: error },
      );
    }
  }

  async release(): Promise<void> {
    const session = this.#session;
    this.#session = null;
    await session?.release();
  }
}

/** What ONNX Runtime says when the file, not the machine, is at fault. */
const damagedModel =
  /protobuf parsing failed|INVALID_PROTOBUF|INVALID_GRAPH|external data|cannot get file size|out of bounds/iu;

function loadFailure(modelPath: string, provider: ProviderName, error: unknown): Think2SegError {
  const reason = messageOf(error);
  if (damagedModel.test(reason)) {
    return new Think2SegError(
      'PACK_DAMAGED',
      `model file ${modelPath} cannot be read as an ONNX model: ${reason}; run \`think2seg pack verify\` and import the pack again`,
      { cause: error },
    );
  }
  if (provider !== 'cpu') {
    return new Think2SegError(
      'PROVIDER_UNAVAILABLE',
      `provider ${provider} could not load ${modelPath}: ${explainDriverFailure(provider, reason)}; use --provider auto or cpu`,
      { cause: error },
    );
  }
  return new Think2SegError('INFERENCE_FAILED', `model ${modelPath} could not be loaded: ${reason}`, {
    cause: error,
  });
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\s+/gu, ' ').trim();
}
