/** A thread that examines images of a folder. */
import { workerData } from 'node:worker_threads';
import { answerInThread } from '../../src/learning/vision/map-in-threads.ts';
import { type Examined, examine, type Unreadable } from './examine.ts';

answerInThread<string, Examined | Unreadable>((path) => examine(workerData as string, path));
