import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** How Linux shows graphics cards: render nodes, NVIDIA, AMD compute, WSL, and the usual ones of ARM boards. */
const deviceNames = /^(nvidia\d+|nvidiactl|nvgpu|nvhost-gpu|kfd|dxg|mali\d*|kgsl-3d0)$/u;
const renderNodes = /^renderD\d+$/u;

/**
 * Why no graphics card can answer on this Linux; null when one may. Without a card a Vulkan driver still may: it computes in software, and
 * takes half a minute to show that it is slower than the CPU.
 *
 * @param deviceDirectory where the kernel shows devices, normally `/dev`
 */
export function whyNoGraphicsCard(deviceDirectory: string): string | null {
  const hasCard =
    namesIn(deviceDirectory).some((name) => deviceNames.test(name)) ||
    namesIn(join(deviceDirectory, 'dri')).some((name) => renderNodes.test(name));
  return hasCard
    ? null
    : `no graphics card (${deviceDirectory} has no dri/renderD*, nvidia* or dxg), so a driver would compute in software, slower than the CPU`;
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    // No such folder: nothing of its kind is here.
    return [];
  }
}
