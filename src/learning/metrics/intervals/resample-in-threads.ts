import type { Worker } from 'node:worker_threads';
import { answerInThread, mapInThreads } from '../../vision/map-in-threads.ts';
import type { Statistic } from './bootstrap.ts';
import {
  type BootstrapSample,
  informativeDraws,
  type Resampled,
  resample,
  type Share,
} from './bootstrap.ts';

export interface DrawingThreads {
  /** At most; a small sample is drawn without threads. */
  readonly threads: number;
  /** Starts a thread that calls {@link drawInThread} with the same sample and statistic. */
  readonly start: () => Worker;
  /** The number of drawn images that take longer than a thread takes to start. */
  readonly worthwhile?: number;
}

/**
 * Every thread has a copy of the sample, and makes all random numbers. So more threads would take
 * memory and gain little.
 */
const most = 8;

/**
 * {@link resample} in several threads. The result is the same for any number of them: every thread
 * makes all draws, of which it counts its own.
 */
export async function resampleInThreads<Value>(
  sample: BootstrapSample & { readonly draws: number },
  makeStatistic: () => Statistic<Value>,
  { threads, start, worthwhile = 2e7 }: DrawingThreads,
): Promise<Resampled<Value>> {
  const count = Math.min(
    threads,
    most,
    Math.floor((sample.labels.length * sample.draws) / worthwhile),
  );
  if (count < 2) return resample(sample, makeStatistic());
  const items = Array.from({ length: count }, (_, index): Share => ({ index, of: count }));
  const ask = (share: Share) => share;
  const drawn = gather(
    mapInThreads<Share, Share, Value[]>({ items, threads: count, start, ask, worthwhile: 1 }),
  );
  // While the threads prepare the same statistic.
  const onImages = (async () => resample({ ...sample, draws: 0 }, makeStatistic()))();
  const [shares, resampled] = await Promise.all([drawn, onImages]);
  const draws = shares[0]!.flatMap((_, i) => shares.flatMap((share) => share.slice(i, i + 1)));
  return { ...resampled, draws };
}

async function gather<Value>(values: AsyncIterable<Value>): Promise<readonly Value[]> {
  const gathered: Value[] = [];
  for await (const value of values) gathered.push(value);
  return gathered;
}

/** Draws a share for {@link resampleInThreads}, from the module that its threads run. */
export const drawInThread = <Value>(sample: BootstrapSample, statistic: Statistic<Value>): void =>
  answerInThread<Share, Value[]>(async (share) =>
    Array.from(informativeDraws(sample, share), statistic),
  );
