/** A thread that looks at images, and answers every list of them by one of what it sees of each. */
import { on } from 'node:events';
import { parentPort } from 'node:worker_threads';
import { mapParallel } from '../../src/learning/vision/parallel-map.ts';
import { lookAtImage } from './look-at-image.ts';

/** An encoded image to look at. */
export interface Encoded {
  readonly bytes: Uint8Array;
  readonly examine: boolean;
}

/** `error` where the image cannot be decoded. */
export type Seen = Awaited<ReturnType<typeof lookAtImage>> | { readonly error: string };

/** Two images at once: one is decoded while another is measured. */
const parallel = 2;

const look = ({ bytes, examine }: Encoded): Promise<Seen> =>
  lookAtImage(Buffer.from(bytes.buffer), { examine }).catch((error: Error) => ({ error: error.message }));

for await (const [images] of on(parentPort!, 'message')) {
  const seen: Seen[] = [];
  for await (const one of mapParallel(images as readonly Encoded[], parallel, look)) seen.push(one);
  parentPort!.postMessage(seen);
}
