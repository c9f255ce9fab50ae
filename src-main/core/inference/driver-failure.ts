import { join } from 'node:path';

import type { ProviderName } from '../../contract/provider.ts';
import { bindingDirectory } from './runtime.ts';

/** Whose libraries these are, first match first: what to install follows from it. */
const owners: readonly (readonly [RegExp, string])[] = [
  [/^libcuda\.so/u, 'of the NVIDIA driver'],
  [/^libcudnn/u, 'of cuDNN'],
  [/^lib(?:cu|nv)/u, 'of CUDA'],
  [/^libvulkan/u, '(the Vulkan loader)'],
  [/^libonnxruntime_/u, 'of ONNX Runtime'],
];

const notOpened = /([^\s/:'"]+\.so[.\d]*): cannot open shared object file/u;

/**
 * Why a graphics driver cannot be used, in one sentence. ONNX Runtime's own words name the place in its sources; the library that
 * is missing it writes to stderr only, if at all.
 *
 * @param text what ONNX Runtime threw, or what was on stderr when a driver ended the process
 */
export function explainDriverFailure(provider: ProviderName, text: string): string {
  const message = text.replace(/\s+/gu, ' ').trim();
  const library = nameOfMissing(message) ?? askLoader(provider, message);
  if (library !== null) {
    const owner = owners.find(([name]) => name.test(library))?.[1];
    return `the library ${library}${owner === undefined ? '' : ` ${owner}`} was not found; install it, or add its folder to LD_LIBRARY_PATH`;
  }
  const cuda = /CUDA failure (\d+): ([^;]+?) ?;/u.exec(message);
  if (cuda !== null) {
    return `CUDA error ${cuda[1] ?? ''}: ${cuda[2] ?? ''}`;
  }
  if (message.includes('Failed to get a WebGPU adapter')) {
    return 'no graphics driver here that WebGPU can use';
  }
  // "/onnxruntime_src/FILE:LINE SIGNATURE CONDITION was false. WHAT" and "... [ONNXRuntimeError] : 1 : FAIL : WHAT"
  return message.replace(/^\/onnxruntime_src\/.*(?:was false\. |\[ONNXRuntimeError\] : \d+ : \w+ : )/u, '');
}

function nameOfMissing(message: string): string | null {
  return notOpened.exec(message)?.[1] ?? null;
}

/** The first library that the system's loader does not find for `provider`; null when it finds all, or when another reason was given. */
function askLoader(provider: ProviderName, message: string): string | null {
  if (process.platform !== 'linux') {
    return null;
  }
  if (provider === 'cuda' && message.includes('Failed to load shared library')) {
    return firstMissing(join(bindingDirectory(), 'libonnxruntime_providers_cuda.so'));
  }
  return provider === 'webgpu' && message.includes('Failed to get a WebGPU adapter')
    ? firstMissing('libvulkan.so.1')
    : null;
}

function firstMissing(library: string): string | null {
  try {
    process.dlopen({ exports: {} }, library);
  } catch (error) {
    // A library that loads is still no add-on of Node, which is said by an error too.
    return nameOfMissing(error instanceof Error ? error.message : String(error));
  }
  return null;
}
