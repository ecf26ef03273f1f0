import { join } from 'node:path';
import type { Digest } from '../../digest.ts';
import { readJson, writeJson } from '../files/write-atomic.ts';
import { slug } from './latest.ts';

/** What the report of a pipeline's last run shows, so that a run with nothing to do knows whether it is still right. */
export interface ReportRecord {
  readonly complete: boolean;
  readonly results: Readonly<Record<string, Digest>>;
  /** Digests of what it shows and no result holds, such as descriptions: of the pipeline, and by stage. Absent in old records. */
  readonly header?: Digest;
  readonly planned?: Readonly<Record<string, Digest>>;
}

const fileOf = (cache: string, pipeline: string): string => join(cache, 'reports', `${slug(pipeline)}.json`);

/** Undefined where there is none, or it is damaged: then the report is made again. */
export const readReportRecord = (cache: string, pipeline: string): ReportRecord | undefined =>
  readJson(fileOf(cache, pipeline));

export const writeReportRecord = (cache: string, pipeline: string, record: ReportRecord): void =>
  writeJson(fileOf(cache, pipeline), record);
