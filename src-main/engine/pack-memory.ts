/** Packs that were opened: a drag of a prompt must not check the sums of a pack again and again. */
import { join } from 'node:path';
import { fileIdentity } from '../core/files/file-identity.ts';
import { loadPack, type Pack } from '../core/pack/load-pack.ts';

export class PackMemory {
  #last: { readonly directory: string; readonly identity: string | null; readonly pack: Pack } | null = null;

  /** Opens a pack, or gives the last one again while its manifest is the same file. Throws what `loadPack` throws. */
  async load(directory: string, signal: AbortSignal): Promise<Pack> {
    signal.throwIfAborted();
    const identity = await fileIdentity(join(directory, 'pack.json'));
    if (this.#last !== null && this.#last.directory === directory && this.#last.identity === identity) {
      return this.#last.pack;
    }
    const pack = await loadPack(directory, signal);
    this.#last = { directory, identity, pack };
    return pack;
  }
}
