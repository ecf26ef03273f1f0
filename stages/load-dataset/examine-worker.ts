/** A thread that examines images of a folder. */
import { workerData } from 'node:worker_threads';
import { answerInThread } from '../../src/learning/vision/map-in-threads.ts';
import { type Examined, examine } from './examine.ts';

answerInThread<string, Examined>((path) => examine(workerData as string, path));
