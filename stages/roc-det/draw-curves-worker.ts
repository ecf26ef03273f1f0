/** A thread that resamples the curves of a model. */
import { workerData } from 'node:worker_threads';
import { drawInThread } from '../../src/learning/metrics/intervals/resample-in-threads.ts';
import { curveStatistics } from './measure.ts';

const { sample, ranking, probabilities, bands } = workerData;
drawInThread(sample, curveStatistics(sample.labels, ranking, probabilities, bands));
