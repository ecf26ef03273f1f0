/** A thread that looks at images of a data set, in order, and sends what it sees of each. */
import { parentPort, workerData } from 'node:worker_threads';
import { openDataset } from '../../src/learning/vision/dataset/open-dataset.ts';
import { mapParallel } from '../../src/learning/vision/parallel-map.ts';
import { lookAtImage } from './look-at-image.ts';

/** The data that the thread starts with. */
export interface LookWorkerSetup {
  readonly folder: string;
  readonly images: readonly { readonly split: string; readonly index: number; readonly examine: boolean }[];
}

/** `error` where the image cannot be decoded. */
export type Seen = Awaited<ReturnType<typeof lookAtImage>> | { readonly error: string };

/** Two images at once: one is decoded while another is measured. */
const parallel = 2;

const { folder, images } = workerData as LookWorkerSetup;
using dataset = openDataset(folder);
const look = async ({ split, index, examine }: (typeof images)[number]): Promise<Seen> => {
  const bytes = await dataset.split(split).read(index);
  return await lookAtImage(bytes, { examine }).catch((error: Error) => ({ error: error.message }));
};
for await (const seen of mapParallel(images, parallel, look)) parentPort!.postMessage(seen);
