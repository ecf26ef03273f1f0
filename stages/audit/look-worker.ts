/** A thread that looks at images. */
import { answerInThread } from '../../src/learning/vision/map-in-threads.ts';
import { type Look, lookAtImage } from './look-at-image.ts';

/** An encoded image to look at. */
export interface Encoded {
  readonly bytes: Uint8Array;
  readonly examine: boolean;
}

/** `error` where the image cannot be decoded. */
export type Seen = Look | { readonly error: string };

answerInThread<Encoded, Seen>(({ bytes, examine }) =>
  lookAtImage(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), { examine }).catch(
    (error: Error) => ({
      error: error.message,
    }),
  ),
);
