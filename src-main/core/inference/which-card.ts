import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { ProviderName } from '../../contract/provider.ts';

/** The first look at a card that sleeps wakes its driver. */
const driverPatienceMs = 20_000;

/** Of a card that nobody names. */
export const defaultCard = 'default';

/**
 * A name of the graphics card that a provider computes on, the same in every process that computes on it: NVIDIA's UUID, which containers
 * and jobs that see only some of the cards do not renumber. CUDA takes the first card that CUDA_VISIBLE_DEVICES leaves. Of the other
 * providers nobody tells which card they take: they are said to take the first. Without NVIDIA's driver there is one name for all.
 */
export async function cardOf(
  provider: Exclude<ProviderName, 'cpu'>,
  visibleDevices = process.env['CUDA_VISIBLE_DEVICES'],
  listUuids = nvidiaUuids,
): Promise<string> {
  const uuids = await listUuids();
  const [visible = ''] = provider === 'cuda' ? (visibleDevices ?? '').split(',').map((name) => name.trim()) : [];
  if (/^\d*$/u.test(visible)) {
    const index = Number(visible);
    return uuids[index] ?? (index === 0 ? defaultCard : `${defaultCard}-${index}`);
  }
  // The driver takes the beginning of a UUID for the whole.
  return uuids.find((uuid) => uuid.startsWith(visible)) ?? visible;
}

/** Cards do not change under a running program. */
let known: Promise<string[]> | null = null;

function nvidiaUuids(): Promise<string[]> {
  return (known ??= askNvidia());
}

/** Of the cards that this process may use, in the order of their numbers; none without NVIDIA's driver. */
async function askNvidia(): Promise<string[]> {
  try {
    const query = ['--query-gpu=uuid', '--format=csv,noheader'];
    const { stdout } = await promisify(execFile)('nvidia-smi', query, { timeout: driverPatienceMs });
    return stdout.split('\n').flatMap((line) => (line.trim() === '' ? [] : [line.trim()]));
  } catch {
    // No such program, or one that finds no card: the card is of another maker.
    return [];
  }
}
