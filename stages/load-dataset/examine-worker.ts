/** A thread that examines images of a folder. */
import { workerData } from 'node:worker_threads';
import { answerInThread } from '../../src/learning/vision/map-in-threads.ts';
import { type Examined, examine, type Question } from './examine-image.ts';

answerInThread<Question, Examined>((image) => examine(workerData as string, image));
