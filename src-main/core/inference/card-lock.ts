/**
 * One engine on a graphics card, unless those who come later ask to share it. Engines of all users that have the same folder for
 * temporary files see one another. A lock ends with its process, however that ends.
 */
import { randomUUID } from 'node:crypto';
import { chmod, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Think2SegError } from '../../contract/errors.ts';
import { readOwner, takeLock } from '../files/process-lock.ts';
import { isGone, processNumbered, type ProcessOwner } from '../files/process-owner.ts';
import { isErrno, writeFailure } from '../files/write-failure.ts';
import { defaultCard } from './which-card.ts';

/** Whatever the user's own files are: the engines of other users must see whose lock it is. */
const readableByAll = 0o644;

const lockName = /\.(lock|shared)$/u;

interface Lock {
  readonly path: string;
  readonly owner: ProcessOwner;
}

type Release = () => Promise<void>;

/** Cards that this process has locked, and how often: all its models may lie on one card. */
const held = new Map<string, { readonly lock: Promise<Release>; count: number }>();

export function cardLockFolder(): string {
  return join(tmpdir(), 'think2seg-cards');
}

/**
 * Says that this process computes on `card` until the returned function is called.
 *
 * @param share be there beside others.
 * @throws Think2SegError GPU_IN_USE when another process computes on it and sharing was not asked for; OUTPUT_NOT_WRITABLE
 */
export async function holdCard(card: string, share: boolean): Promise<Release> {
  const take = share ? joinCard : lockCard;
  const holding = held.get(card) ?? { lock: take(card), count: 0 };
  held.set(card, holding);
  holding.count++;
  const letGo = (): boolean => --holding.count === 0 && held.delete(card);
  try {
    const unlock = await holding.lock;
    return async () => {
      if (letGo()) {
        await unlock();
      }
    };
  } catch (thrown) {
    letGo();
    throw writeFailure(cardLockFolder(), thrown);
  }
}

/** Files of a user are the user's own to remove: in a folder for all, nobody can take away the lock of another. */
function nameOf(card: string): string {
  return `${prefixOf(card)}${process.getuid?.() ?? 0}`;
}

function prefixOf(card: string): string {
  return `${encodeURIComponent(card)}~`;
}

function owner(): ProcessOwner {
  return { ...processNumbered(process.pid), program: processNumbered(process.ppid) };
}

async function lockCard(card: string): Promise<Release> {
  const folder = await makeFolder();
  const path = join(folder, `${nameOf(card)}.lock`);
  let unlock: Release;
  try {
    unlock = await takeLock(path, wordsOf(card), owner());
  } catch (thrown) {
    const other = thrown instanceof Think2SegError && thrown.code === 'OUTPUT_LOCKED' ? await readOwner(path) : null;
    throw other === null ? thrown : inUse(card, { path, owner: other }, thrown);
  }
  try {
    await chmod(path, readableByAll);
    // Whoever shares a card is never refused, and so may have come before the lock was free.
    const other = await findOther(folder, card);
    if (other !== null) {
      throw inUse(card, other);
    }
  } catch (thrown) {
    await unlock();
    throw thrown;
  }
  return unlock;
}

async function joinCard(card: string): Promise<Release> {
  const path = join(await makeFolder(), `${nameOf(card)}.${randomUUID()}.shared`);
  const draft = `${path}.draft`;
  await writeFile(draft, JSON.stringify(owner()), { flag: 'wx' });
  await chmod(draft, readableByAll);
  // Others see it whole or not at all.
  await rename(draft, path);
  return () => rm(path, { force: true });
}

/** Another living process that computes on the card. Files of those that are gone are removed. */
async function findOther(folder: string, card: string): Promise<Lock | null> {
  const names = (await readdir(folder)).filter((name) => lockName.test(name) && name.startsWith(prefixOf(card)));
  for (const path of names.map((name) => join(folder, name))) {
    const found = await readOwner(path);
    if (found === null || (found.pid === process.pid && !isGone(found))) {
      continue;
    }
    if (!isGone(found)) {
      return { path, owner: found };
    }
    await rm(path, { force: true }).catch((thrown: unknown) => {
      // The file of another user, who removes it with the next lock.
      if (!isErrno(thrown, 'EPERM', 'EACCES')) {
        throw thrown;
      }
    });
  }
  return null;
}

/** As `/tmp` itself: all may write, each removes only what is their own. */
async function makeFolder(): Promise<string> {
  const folder = cardLockFolder();
  if ((await mkdir(folder, { recursive: true })) !== undefined) {
    await chmod(folder, 0o1777);
  }
  return folder;
}

function wordsOf(card: string): string {
  return card === defaultCard ? 'the graphics card' : `graphics card ${card}`;
}

function inUse(card: string, { path, owner: other }: Lock, cause?: unknown): Think2SegError {
  const { pid, host } = other.program ?? other;
  const who =
    pid === process.ppid
      ? 'another engine of this same program (--workers above 1)'
      : `process ${pid} on ${host}, which runs models of think2seg on it`;
  // Of another machine (a container with the same folder for temporary files) nobody can tell whether the process is there.
  const orRemove = host === hostname() ? '' : ` (remove ${path} if that machine is gone)`;
  return new Think2SegError(
    'GPU_IN_USE',
    `${wordsOf(card)} is in use by ${who}; wait for it or end it${orRemove}, compute on the CPU (--provider cpu), ` +
      'or let both use the card and its memory (--share-gpu, or in the settings)',
    cause === undefined ? {} : { cause },
  );
}
