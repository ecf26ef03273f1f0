import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Digest } from '../../digest.ts';
import { namesIn } from '../files/names-in.ts';
import { writeAtomic, writeNew } from '../files/write-atomic.ts';

/** Whose output it is. */
export interface Owner {
  readonly pipeline: string;
  readonly stage: string;
  readonly port: string;
}

/** What Restage put at a path: `cache/published/<SHA-256 of the path>.json`. Only such bytes may be replaced. */
export interface PublishedRecord extends Owner {
  /** Relative to the root, POSIX. */
  readonly path: string;
  readonly digest: Digest;
  /** What it replaces, which is ours as well: the record is written before the swap, which a kill may prevent. */
  readonly before?: Digest;
  /** ISO 8601, UTC. */
  readonly time: string;
}

/** Whether the pipeline of a record lives and still claims its path, which then is not another one's to take. */
export type StillClaims = (record: PublishedRecord) => Promise<boolean>;

/** The records of one cache. */
export class PublishedRecords {
  /** Absolute; its names stay when a path changes hands, its modification time does not. */
  readonly folder: string;

  constructor(cache: string) {
    this.folder = join(cache, 'published');
  }

  /** By the SHA-256 of its path. A damaged record is none: then what is there is taken for the user's, and kept. */
  read(key: Digest): PublishedRecord | undefined {
    return parse(this.#file(key));
  }

  write(key: Digest, record: PublishedRecord): void {
    writeAtomic(this.#file(key), JSON.stringify(record), { sync: false });
  }

  /** Writes the record of a path that has none. */
  begin(key: Digest, record: PublishedRecord): void {
    try {
      writeNew(this.#file(key), JSON.stringify(record));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
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
  try {
    const record = JSON.parse(readFileSync(file, 'utf8')) as PublishedRecord;
    return typeof record.path === 'string' && typeof record.digest === 'string' ? record : undefined;
  } catch {
    return undefined;
  }
}
