import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { StageError } from '../../../stage.ts';
import { startWorker } from '../../vision/start-worker.ts';
import type { KerasCheck } from './keras-check-worker.ts';
import { openUnchecked } from './keras-hdf5.ts';
import { type StoredWeights, sizeOfFile } from './weight-files.ts';

/** Milliseconds; a disk reads a megabyte in far less than a tenth of a second. */
const leastTime = 30_000;
const timePerMegabyte = 100;

/**
 * Opens HDF5 of Keras up to version 2: `block1_conv1/kernel`. Throws a {@link StageError} if it is
 * damaged or another kind. HDF5's library aborts or never returns on some damaged files, and would
 * leave this process unable to read another. So a thread reads all of the file first, and may end
 * by that.
 */
export async function openKerasH5(path: string): Promise<StoredWeights> {
  const { problem, isBroken } = await checkInThread(path);
  if (isBroken) {
    await checker?.terminate();
    checker = undefined;
  }
  if (problem !== undefined) throw new StageError(problem);
  return await openUnchecked(path);
}

/** The thread of the last check, which serves the next one too. */
let checker: Worker | undefined;

async function checkInThread(path: string): Promise<KerasCheck> {
  const failed = (problem: string): KerasCheck => ({
    problem: `Expected Keras weights in HDF5, but reading ${path} failed: ${problem}.`,
    isBroken: true,
  });
  const time = leastTime + Math.round(timePerMegabyte * (sizeOfFile(path) / 2 ** 20));
  checker ??= startWorker(import.meta.url, 'keras-check-worker', undefined);
  const thread = checker;
  thread.ref();
  thread.postMessage(path);
  try {
    const [check] = await once(thread, 'message', { signal: AbortSignal.timeout(time) });
    return check as KerasCheck;
  } catch (error) {
    const isLate = (error as Error).name === 'AbortError';
    return failed(isLate ? 'it takes too long, so it is damaged' : 'it is damaged');
  } finally {
    // An idle thread keeps no process alive.
    thread.unref();
  }
}
