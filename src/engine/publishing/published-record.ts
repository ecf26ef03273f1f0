import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Digest } from '../../digest.ts';
import { inCache } from '../files/cache-paths.ts';
import { namesIn } from '../files/entries-in.ts';
import { readJson, writeJson, writeNew } from '../files/write-atomic.ts';

/** The output that a published path belongs to. */
export interface Owner {
  readonly pipeline: string;
  readonly stage: string;
  readonly port: string;
}

/**
 * The record of a published artifact: `cache/published/<SHA-256 of the path>.json`. Only recorded
 * bytes are replaced.
 */
export interface PublishedRecord extends Owner {
  readonly path: string;
  readonly digest: Digest;
  /**
   * The digest of what it replaced. That counts as ours, too: a kill may come between this record
   * and the swap.
   */
  readonly before?: Digest;
  readonly time: string;
}

/** Whether the pipeline of a record still claims its path. */
export type StillClaims = (record: PublishedRecord) => Promise<boolean>;

export class PublishedRecords {
  /**
   * Absolute. When a path changes its owner, the names in the folder stay the same, and its
   * modification time changes.
   */
  readonly folder: string;

  constructor(cacheFolder: string) {
    this.folder = inCache(cacheFolder, 'published');
  }

  /** A damaged record counts as none: then the file at its path is the user's, and is kept. */
  read(key: Digest): PublishedRecord | undefined {
    return parse(this.#file(key));
  }

  write(key: Digest, record: PublishedRecord): void {
    writeJson(this.#file(key), record);
  }

  /** Writes a record unless the key has one. True where it was the first. */
  begin(key: Digest, record: PublishedRecord): boolean {
    return writeNew(this.#file(key), JSON.stringify(record));
  }

  remove(key: Digest): void {
    rmSync(this.#file(key), { force: true });
  }

  #file(key: Digest): string {
    return join(this.folder, `${key}.json`);
  }

  all(): readonly PublishedRecord[] {
    return namesIn(this.folder).flatMap((name) => parse(join(this.folder, name)) ?? []);
  }
}

function parse(file: string): PublishedRecord | undefined {
  const record = readJson<PublishedRecord>(file);
  return typeof record?.path === 'string' && typeof record.digest === 'string' ? record : undefined;
}
