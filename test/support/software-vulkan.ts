import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Folder with `vk_swiftshader_icd.json` and `libvulkan.so.1`; Electron and Chromium ship both. */
const directory = process.env['T2S_SWIFTSHADER'] ?? join(homedir(), '.cache', 'electron-22');
const driver = join(directory, 'vk_swiftshader_icd.json');

/** A Vulkan driver that computes on the CPU: WebGPU can be tested where there is no graphics card. */
export const softwareVulkan = {
  /** Why it cannot be used here; null when it can. */
  missing:
    process.platform !== 'linux'
      ? 'the software Vulkan driver is looked for on Linux only'
      : existsSync(driver)
        ? null
        : `no ${driver} (set T2S_SWIFTSHADER to a folder that has it)`,
  /** Must be set before the process starts: the loader reads it once. */
  environment: {
    ...process.env,
    VK_ICD_FILENAMES: driver,
    LD_LIBRARY_PATH: [directory, process.env['LD_LIBRARY_PATH']].filter(Boolean).join(':'),
  },
};

if (softwareVulkan.missing !== null && process.env['T2S_REQUIRE_WEBGPU'] === '1') {
  throw new Error(`a WebGPU driver is required here: ${softwareVulkan.missing}`);
}
