import type { Scene } from './scene.ts';

/** Files that stay open for the next window; each may have an `.ovr` and a `.msk` beside it. */
const keptOpen = 32;

interface OpenSource {
  readonly scene: Promise<Scene>;
  users: number;
}

/** The files of a mosaic that are open, oldest use first out: a mosaic may have more than a process may open. */
export class OpenSources {
  readonly #open = new Map<string, OpenSource>();

  /** Opens what goes by `key`, unless it is open, and keeps it open at least while `work` goes on. */
  async use<Result>(key: string, open: () => Promise<Scene>, work: (scene: Scene) => Promise<Result>): Promise<Result> {
    const source = this.#open.get(key) ?? { scene: open(), users: 0 };
    // The newest stands last.
    this.#open.delete(key);
    this.#open.set(key, source);
    source.users += 1;
    try {
      await this.#closeOldest();
      return await work(await source.scene);
    } finally {
      source.users -= 1;
      await source.scene.catch(() => {
        // The next reader tries again.
        if (this.#open.get(key) === source) {
          this.#open.delete(key);
        }
      });
    }
  }

  async close(): Promise<void> {
    const sources = [...this.#open.values()];
    this.#open.clear();
    await Promise.all(sources.map(closeSource));
  }

  async #closeOldest(): Promise<void> {
    for (const [key, source] of this.#open) {
      if (this.#open.size <= keptOpen) {
        return;
      }
      if (source.users === 0) {
        this.#open.delete(key);
        await closeSource(source);
      }
    }
  }
}

async function closeSource({ scene }: OpenSource): Promise<void> {
  const opened = await scene.catch(() => null);
  await opened?.close();
}
