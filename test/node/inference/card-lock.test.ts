/** Real processes that want the same graphics card. */
import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { cardLockFolder, holdCard } from '../../../src-main/core/inference/card-lock.ts';
import { processNumbered } from '../../../src-main/core/files/process-owner.ts';
import { cardOf } from '../../../src-main/core/inference/which-card.ts';
import { buildEntry, type BuiltEntry } from '../../support/build-entry.ts';
import type { HolderOrder, HolderReply } from '../../support/card-holder.ts';

let entry: BuiltEntry;
let scratch: string;
let processes: ChildProcess[];

beforeAll(async () => {
  entry = await buildEntry('test/support/card-holder.ts');
});
afterAll(() => entry.remove());

beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'think2seg-cards-test-'));
  vi.stubEnv('TMPDIR', scratch);
  processes = [];
});
afterEach(async () => {
  await Promise.all(processes.map(kill));
  vi.unstubAllEnvs();
  rmSync(scratch, { recursive: true });
});

function start(): ChildProcess {
  const child = fork(entry.path, { env: { ...process.env, TMPDIR: scratch } });
  processes.push(child);
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
}

async function order(child: ChildProcess, what: HolderOrder): Promise<HolderReply> {
  const replied = once(child, 'message') as Promise<[HolderReply]>;
  child.send(what);
  return (await replied)[0];
}

const hold = (child: ChildProcess, card = 'GPU-1', share = false): Promise<HolderReply> =>
  order(child, { kind: 'hold', card, share });
const release = (child: ChildProcess): Promise<HolderReply> => order(child, { kind: 'release' });

describe('a graphics card', { timeout: 60_000 }, () => {
  it('is for one process; the next is told who has it and what can be done', async () => {
    const first = start();
    expect(await hold(first)).toBeNull();
    await expect(holdCard('GPU-1', false)).rejects.toMatchObject({
      code: 'GPU_IN_USE',
      // An engine is known by the program that started it.
      message: expect.stringMatching(
        new RegExp(`^graphics card GPU-1 is in use by process ${process.pid} on .*--provider cpu.*--share-gpu`),
      ) as string,
    });
    expect((await hold(start()))?.message).toContain('another engine of this same program (--workers above 1)');
  });

  it('is not the other card', async () => {
    expect(await hold(start(), 'GPU-1')).toBeNull();
    expect(await hold(start(), 'GPU-11')).toBeNull();
    expect(await hold(start(), 'GPU-1/../x')).toBeNull();
    expect(readdirSync(scratch)).toEqual(['think2seg-cards']);
  });

  it('is free again after kill -9', async () => {
    const first = start();
    await hold(first);
    await kill(first);
    expect(await hold(start())).toBeNull();
  });

  it('is free again once the last of the models is unloaded', async () => {
    const [first, second] = [start(), start()];
    await hold(first);
    await hold(first);
    await release(first);
    expect((await hold(second))?.code).toBe('GPU_IN_USE');
    await release(first);
    expect(readdirSync(cardLockFolder())).toEqual([]);
    expect(await hold(second)).toBeNull();
  });

  it('is shared by those who ask to, and nobody else comes in while one of them is left', async () => {
    const [first, sharing, third] = [start(), start(), start()];
    await hold(first);
    expect(await hold(sharing, 'GPU-1', true)).toBeNull();
    await kill(first);
    expect((await hold(third))?.code).toBe('GPU_IN_USE');
    await kill(sharing);
    expect(await hold(third)).toBeNull();
  });

  it('goes to exactly one of six that want it at once', async () => {
    const all = Array.from({ length: 6 }, start);
    for (let round = 0; round < 10; round++) {
      const replies = await Promise.all(all.map((child) => hold(child)));
      expect(replies.map((reply) => reply?.code).filter((code) => code === undefined)).toHaveLength(1);
      // Those that were refused have nothing to give back.
      await Promise.all(all.map(release));
    }
  });

  it('is in use by other users too, whose dead locks do no harm', async () => {
    const living = spawn('sleep', ['60']);
    processes.push(living);
    mkdirSync(cardLockFolder());
    // Whose lock it is says its name: not every place that tests run in knows a second user.
    const path = join(cardLockFolder(), 'GPU-1~4242.lock');
    writeFileSync(path, JSON.stringify(processNumbered(living.pid ?? 0)));
    expect((await hold(start()))?.message).toContain(`process ${living.pid ?? 0} on`);
    await kill(living);
    expect(await hold(start())).toBeNull();
  });

  it('may be in use on a machine that has the same folder, and can be freed by hand when that is gone', async () => {
    mkdirSync(cardLockFolder());
    const path = join(cardLockFolder(), 'GPU-1~4242.shared');
    writeFileSync(path, JSON.stringify({ ...processNumbered(1), host: 'container-1' }));
    expect((await hold(start()))?.message).toContain(`process 1 on container-1, which runs models`);
    expect((await hold(start()))?.message).toContain(`(remove ${path} if that machine is gone)`);
  });

  it('leaves a folder that all may write to, and locks that all may read', async () => {
    const umask = process.umask(0o077);
    try {
      await hold(start());
    } finally {
      process.umask(umask);
    }
    expect((statSync(cardLockFolder()).mode & 0o7777).toString(8)).toBe('1777');
    const [name = ''] = readdirSync(cardLockFolder());
    expect((statSync(join(cardLockFolder(), name)).mode & 0o777).toString(8)).toBe('644');
  });

  it('cannot be had where no lock can be written', async () => {
    vi.stubEnv('TMPDIR', join(scratch, 'file'));
    writeFileSync(join(scratch, 'file'), '');
    await expect(holdCard('GPU-1', false)).rejects.toMatchObject({ code: 'OUTPUT_NOT_WRITABLE' });
  });
});

describe('the name of a card', () => {
  const uuids = ['GPU-aaaa-1', 'GPU-bbbb-2'];
  it.each([
    { provider: 'cuda' as const, visible: undefined, name: 'GPU-aaaa-1' },
    { provider: 'cuda' as const, visible: '1,0', name: 'GPU-bbbb-2' },
    { provider: 'cuda' as const, visible: 'GPU-bbbb', name: 'GPU-bbbb-2' },
    { provider: 'cuda' as const, visible: 'MIG-cccc', name: 'MIG-cccc' },
    { provider: 'cuda' as const, visible: '7', name: 'default-7' },
    { provider: 'webgpu' as const, visible: '1', name: 'GPU-aaaa-1' },
    { provider: 'dml' as const, visible: undefined, name: 'GPU-aaaa-1' },
  ])('of NVIDIA, for $provider with CUDA_VISIBLE_DEVICES=$visible, is $name', async ({ provider, visible, name }) => {
    expect(await cardOf(provider, visible, () => Promise.resolve(uuids))).toBe(name);
  });

  it('of another maker is the same for every provider', async () => {
    const none = () => Promise.resolve([]);
    expect(await cardOf('webgpu', undefined, none)).toBe('default');
    expect(await cardOf('cuda', '0', none)).toBe('default');
  });
});
