import { fileIdentity } from './file-identity.ts';
import { keepNewest } from '../keep-newest.ts';
import { sha256OfFile } from './sha256.ts';

export interface FileDigest {
  readonly bytes: number;
  readonly sha256: string;
}

const keptDigests = 64;

/** SHA-256 sums of files, read again only when a file has changed: the second question on a scene of gigabytes must not read it all. */
export class KnownDigests {
  readonly #digest: typeof sha256OfFile;
  readonly #known = new Map<string, { identity: string; digest: FileDigest }>();

  /** @param digest sums up a file that is not known. */
  constructor(digest = sha256OfFile) {
    this.#digest = digest;
  }

  /** @throws Think2SegError INPUT_NOT_READABLE */
  async of(path: string, signal: AbortSignal): Promise<FileDigest> {
    const identity = await fileIdentity(path);
    const known = this.#known.get(path);
    if (known !== undefined && known.identity === identity) {
      return known.digest;
    }
    const digest = await this.#digest(path, signal);
    if (identity !== null) {
      keepNewest(this.#known, path, { identity, digest }, keptDigests);
    }
    return digest;
  }
}
