import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

import type * as OnnxRuntime from 'onnxruntime-node';

import { Think2SegError } from '../../contract/errors.ts';

type Runtime = typeof OnnxRuntime;

let loading: Promise<Runtime> | undefined;

/**
 * Loads ONNX Runtime at first use, not at import: commands that need no model must work where the native library does not.
 *
 * @throws {Think2SegError} PROVIDER_UNAVAILABLE when there is no native library for this system or it does not load.
 */
export function loadRuntime(): Promise<Runtime> {
  loading ??= importRuntime();
  return loading;
}

/** Version of ONNX Runtime, for reports. */
export async function runtimeVersion(): Promise<string> {
  return (await loadRuntime()).env.versions.node ?? 'unknown';
}

/** Folder of ONNX Runtime's native files for this system. */
export function bindingDirectory(): string {
  const main = createRequire(import.meta.url).resolve('onnxruntime-node');
  return join(dirname(dirname(main)), 'bin', 'napi-v6', process.platform, process.arch);
}

async function importRuntime(): Promise<Runtime> {
  // On Linux and macOS the library collects usage (model names and hashes among it) and uploads it, unless this is set before it is
  // loaded. Only the main thread of a process can set it: in a worker thread `process.env` is a copy.
  process.env['ORT_DISABLE_TELEMETRY'] = '1';
  // CUDA would round factors to 10 bits (TF32) in products of 32-bit numbers: outlines would depend on the card. Read when CUDA is loaded;
  // whoever prefers speed sets 1.
  process.env['NVIDIA_TF32_OVERRIDE'] ??= '0';
  let runtime: Runtime;
  try {
    runtime = await import('onnxruntime-node');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Think2SegError(
      'PROVIDER_UNAVAILABLE',
      `the ONNX Runtime library for ${process.platform}-${process.arch} does not load: ${reason.split('\n')[0] ?? ''}; ` +
        'expected onnxruntime-node with its native files; install the program again on a supported system ' +
        '(Linux, macOS or Windows, x64 or arm64)',
      { cause: error },
    );
  }
  // Read once, when the first session is made. Warnings of the optimiser are of no use to an analyst.
  runtime.env.logLevel = 'error';
  return runtime;
}
