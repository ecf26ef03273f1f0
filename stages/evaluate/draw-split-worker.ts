/** A thread that resamples a split. */
import { workerData } from 'node:worker_threads';
import { classifierStatistics } from '../../src/learning/metrics/classifier-statistics.ts';
import { drawInThread } from '../../src/learning/metrics/intervals/resample-in-threads.ts';
import { detectorStatistics } from '../../src/learning/metrics/split-statistics.ts';

const { sample, scored, fitted, classScores, temperature } = workerData;
if (classScores === undefined) drawInThread(sample, detectorStatistics(scored, fitted));
else drawInThread(sample, classifierStatistics(classScores, temperature));
