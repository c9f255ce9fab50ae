import { describe, expect, test } from 'vitest';

import { explainDriverFailure } from '../../../src-main/core/inference/driver-failure.ts';

const source = '/onnxruntime_src/onnxruntime/core';

describe('explainDriverFailure', () => {
  // The words of ONNX Runtime 1.30 and of glibc's loader.
  test.each([
    [
      'libcublasLt.so.13 of CUDA',
      `${source}/session/provider_bridge_ort.cc:1988 onnxruntime::Provider& onnxruntime::ProviderLibrary::Get() [ONNXRuntimeError] : 1 : FAIL : ` +
        'Failed to load library /opt/x/libonnxruntime_providers_cuda.so with error: libcublasLt.so.13: cannot open shared object file: No such file or directory',
    ],
    [
      'libcudnn.so.9 of cuDNN',
      "implib-gen: libcudnn.so.9: failed to load library 'libcudnn.so.9' via dlopen: libcudnn.so.9: cannot open shared object file",
    ],
    ['libcuda.so.1 of the NVIDIA driver', 'libcuda.so.1: cannot open shared object file: No such file or directory'],
    [
      'libvulkan.so.1 (the Vulkan loader)',
      "Warning: Couldn't load Vulkan: libvulkan.so.1: cannot open shared object file: No such file or directory",
    ],
    ['libodd.so.2', '/opt/lib/libodd.so.2: cannot open shared object file: No such file or directory'],
  ])('names the library %s', (library, text) => {
    expect(explainDriverFailure('cuda', text)).toBe(
      `the library ${library} was not found; install it, or add its folder to LD_LIBRARY_PATH`,
    );
  });

  test.runIf(process.platform === 'linux')('asks the loader where ONNX Runtime does not say which library', () => {
    // onnxruntime-node does not come with it.
    const text = 'OrtSessionOptionsAppendExecutionProvider_Cuda: Failed to load shared library';
    expect(explainDriverFailure('cuda', text)).toContain(
      'the library libonnxruntime_providers_cuda.so of ONNX Runtime was not found',
    );
  });

  test("keeps CUDA's own number and words", () => {
    const call = `${source}/providers/cuda/cuda_call.cc:154 std::conditional_t<THRW, void> onnxruntime::CudaCall(ERRTYPE, int) [with ERRTYPE = cudaError]`;
    const text =
      `${call} ${call} CUDA failure 35: CUDA driver version is insufficient for CUDA runtime version ; GPU=-1 ; hostname=vm ; ` +
      `file=${source}/providers/cuda/cuda_execution_provider.cc ; line=352 ; expr=cudaSetDevice(info_.device_id); \n\n`;
    expect(explainDriverFailure('cuda', text)).toBe(
      'CUDA error 35: CUDA driver version is insufficient for CUDA runtime version',
    );
  });

  test('says that there is no adapter', () => {
    const text =
      `${source}/providers/webgpu/webgpu_context.cc:136 onnxruntime::webgpu::WebGpuContext::Initialize(const Config&)::<lambda()> ` +
      'adapter_result.status == wgpu::RequestAdapterStatus::Success was false. Failed to get a WebGPU adapter: No supported adapters\n';
    // Where the Vulkan loader itself is missing, that is the reason.
    expect(explainDriverFailure('webgpu', text)).toMatch(
      /^(no graphics driver here that WebGPU can use|the library libvulkan\.so\.1 \(the Vulkan loader\) was not found; .*)$/u,
    );
  });

  test('leaves the place in the sources out of anything else', () => {
    expect(explainDriverFailure('webgpu', `${source}/a.cc:1 void f(int) x == 1 was false. Device\n lost`)).toBe(
      'Device lost',
    );
    expect(
      explainDriverFailure('webgpu', `${source}/a.cc:1 void f() [ONNXRuntimeError] : 6 : RUNTIME_EXCEPTION : Full`),
    ).toBe('Full');
    expect(explainDriverFailure('webgpu', 'Non-zero status code returned')).toBe('Non-zero status code returned');
  });
});
