import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Digest } from '../../digest.ts';
import { writeAtomic } from '../files/write-atomic.ts';
import { slug } from './latest.ts';

/** What the page of a pipeline's last run shows, so that a run with nothing to do knows whether it still holds. */
export interface ReportRecord {
  /** Whether the run has ended and everything in it went well. */
  readonly complete: boolean;
  /** By stage. */
  readonly results: Readonly<Record<string, Digest>>;
  /** Of what it shows that is in no result, such as descriptions: of the pipeline, and by stage. Absent in older ones. */
  readonly header?: Digest;
  readonly planned?: Readonly<Record<string, Digest>>;
}

const fileOf = (cache: string, pipeline: string): string => join(cache, 'reports', `${slug(pipeline)}.json`);

/** Undefined where there is none, or it is damaged: then the page is made again. */
export function readReportRecord(cache: string, pipeline: string): ReportRecord | undefined {
  try {
    return JSON.parse(readFileSync(fileOf(cache, pipeline), 'utf8')) as ReportRecord;
  } catch {
    return undefined;
  }
}

export function writeReportRecord(cache: string, pipeline: string, record: ReportRecord): void {
  writeAtomic(fileOf(cache, pipeline), JSON.stringify(record), { sync: false });
}
