/** A thread that resamples a split. */
import { workerData } from 'node:worker_threads';
import { drawInThread } from '../../src/learning/metrics/intervals/resample-in-threads.ts';
import { splitStatistics } from '../../src/learning/metrics/split-statistics.ts';
import { classSplitStatistics } from './class-split.ts';

const { sample, scored, fitted, classScores, temperature } = workerData;
if (classScores === undefined) drawInThread(sample, splitStatistics(scored, fitted));
else drawInThread(sample, classSplitStatistics(classScores, temperature));
