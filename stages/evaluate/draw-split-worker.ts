/** A thread that resamples a split. */
import { workerData } from 'node:worker_threads';
import { drawInThread } from '../../src/learning/metrics/intervals/resample-in-threads.ts';
import { splitStatistics } from './split-metrics.ts';

const { sample, scored, fitted } = workerData;
drawInThread(sample, splitStatistics(scored, fitted));
