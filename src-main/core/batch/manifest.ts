/**
 * The memory of a batch: lines are appended and flushed to the disk one by one, so that whatever ends the program loses at most the
 * scene that was being worked on. Several manifests may lie in one folder (shards): each is written by one process and read by all.
 */
import { createReadStream } from 'node:fs';
import { open, readdir, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import {
  manifestLineSchema,
  type DoneLine,
  type FailedLine,
  type ManifestLine,
  type StartLine,
} from '../../contract/batch.ts';
import { Think2SegError } from '../../contract/errors.ts';
import { writeFailure } from '../files/write-failure.ts';
import type { FileStamp } from './raster-digest.ts';

/** Names of manifests, of whole batches and of shards. */
export const manifestName = /^manifest(\.\d+-of-\d+)?\.jsonl$/;

export interface Shard {
  /** 1-based. */
  readonly index: number;
  readonly count: number;
}

export function manifestFileName(shard: Shard | null): string {
  return shard === null ? 'manifest.jsonl' : `manifest.${shard.index}-of-${shard.count}.jsonl`;
}

/**
 * Complete lines of a manifest, and the byte that each of them ends before; what follows the last line break was cut off by a kill, or is being
 * written, and does not count. Lines of equal CRS share it.
 */
export async function* completeLines(path: string): AsyncGenerator<{ line: ManifestLine; endByte: number }> {
  const crsByWkt = new Map<string, DoneLine['crs']>();
  let number = 0;
  let startByte = 0;
  let rest = Buffer.alloc(0);
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    const bytes = Buffer.concat([rest, chunk]);
    let start = 0;
    for (let end = bytes.indexOf('\n'); end >= 0; end = bytes.indexOf('\n', start)) {
      const text = bytes.toString('utf8', start, end);
      start = end + 1;
      number++;
      if (text.trim() !== '') {
        yield { line: withSharedCrs(parseLine(path, number, text), crsByWkt), endByte: startByte + start };
      }
    }
    startByte += start;
    rest = bytes.subarray(start);
  }
}

function withSharedCrs(line: ManifestLine, crsByWkt: Map<string, DoneLine['crs']>): ManifestLine {
  if (line.kind !== 'item' || line.state !== 'done' || line.crs === null) {
    return line;
  }
  const crs = crsByWkt.get(line.crs.wkt) ?? line.crs;
  crsByWkt.set(line.crs.wkt, crs);
  return { ...line, crs };
}

function parseLine(path: string, number: number, text: string): ManifestLine {
  try {
    return manifestLineSchema.parse(JSON.parse(text));
  } catch (thrown) {
    throw new Think2SegError(
      'INPUT_CORRUPT',
      `line ${number} of ${path} is not a line of a batch manifest; restore the file, or name another output folder`,
      { cause: thrown },
    );
  }
}

/** What is kept in memory of finished work: batches may have a hundred thousand lines. Enough to say it again of an equal raster. */
export type DoneFacts = Pick<DoneLine, 'outputs' | 'status' | 'reasoning' | 'features' | 'areaM2' | 'crs' | 'warnings'>;
export type FailedFacts = Pick<FailedLine, 'code' | 'message' | 'raster'>;

export class Manifest {
  readonly path: string;
  readonly #file: FileHandle;
  #bytes = 0;
  readonly #doneById = new Map<string, DoneFacts>();
  readonly #lastDoneByKey = new Map<string, string>();
  readonly #failedByKey = new Map<string, FailedFacts>();
  readonly #stampByPath = new Map<string, FileStamp & { sha256: string }>();
  #appending: Promise<void> = Promise.resolve();

  private constructor(path: string, file: FileHandle) {
    this.path = path;
    this.#file = file;
  }

  /**
   * Opens (or begins) the manifest of `shard` in `folder` and reads all that lie beside it.
   *
   * @throws Think2SegError INPUT_CORRUPT for a damaged manifest, OUTPUT_NOT_WRITABLE, OUTPUT_FULL
   */
  static async open(folder: string, shard: Shard | null): Promise<Manifest> {
    const path = join(folder, manifestFileName(shard));
    let file: FileHandle;
    try {
      file = await open(path, 'a+');
    } catch (thrown) {
      throw writeFailure(path, thrown);
    }
    try {
      const manifest = new Manifest(path, file);
      for (const name of (await readdir(folder)).filter((entry) => manifestName.test(entry)).sort()) {
        for await (const { line, endByte } of completeLines(join(folder, name))) {
          manifest.#remember(line);
          if (join(folder, name) === path) {
            manifest.#bytes = endByte;
          }
        }
      }
      // A line that was cut off must not run into the next one.
      await file.truncate(manifest.#bytes);
      return manifest;
    } catch (thrown) {
      await file.close();
      throw thrown;
    }
  }

  done(id: string): DoneFacts | undefined {
    return this.#doneById.get(id);
  }

  /** The answer that the last line about `key` tells of; undefined where that is a failure, or where there is no line. */
  lastDone(key: string): string | undefined {
    return this.#lastDoneByKey.get(key);
  }

  failed(key: string): FailedFacts | undefined {
    return this.#failedByKey.get(key);
  }

  /** Size, time of change and sum of a raster when it was last looked at. */
  stampOf(path: string): (FileStamp & { sha256: string }) | undefined {
    return this.#stampByPath.get(path);
  }

  /** Resolves when the line is on the disk. */
  append(line: StartLine | DoneLine | FailedLine): Promise<void> {
    const appended = this.#appending.then(async () => {
      const text = `${JSON.stringify(line)}\n`;
      try {
        await this.#file.appendFile(text);
        await this.#file.sync();
      } catch (thrown) {
        // On a full disk a part of the line may have been written.
        await this.#file.truncate(this.#bytes);
        throw writeFailure(this.path, thrown);
      }
      this.#bytes += Buffer.byteLength(text);
      this.#remember(line);
    });
    // The next line must not wait for ever on one that failed.
    this.#appending = appended.catch(() => undefined);
    return appended;
  }

  async close(): Promise<void> {
    await this.#appending;
    await this.#file.close();
  }

  #remember(line: ManifestLine): void {
    if (line.kind === 'start') {
      return;
    }
    if (line.raster !== null) {
      this.#stampByPath.set(line.path, line.raster);
    }
    if (line.state === 'done') {
      const { outputs, status, reasoning, features, areaM2, crs, warnings } = line;
      this.#doneById.set(line.id, { outputs, status, reasoning, features, areaM2, crs, warnings });
      this.#lastDoneByKey.set(line.key, line.id);
      this.#failedByKey.delete(line.key);
    } else {
      this.#lastDoneByKey.delete(line.key);
      const { code, message, raster } = line;
      this.#failedByKey.set(line.key, { code, message, raster });
    }
  }
}
