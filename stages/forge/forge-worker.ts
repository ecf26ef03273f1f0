/** A thread that forges photographs. */
import sharp from 'sharp';
import type { Point } from '../../src/learning/faces/geometry.ts';
import { type DecodedImage, decodeImage, sharpOf } from '../../src/learning/vision/decode-image.ts';
import { readJpegTables } from '../../src/learning/vision/forensics/jpeg-tables.ts';
import { answerInThread } from '../../src/learning/vision/map-in-threads.ts';
import type { Size } from '../../src/learning/vision/resample.ts';
import type { Face } from './face-window.ts';
import { forgeImage } from './forge-image.ts';
import type { Method, Quality } from './spec.ts';

/** An encoded photograph, and the landmarks of its face in pixels. */
export interface EncodedFace {
  readonly bytes: Uint8Array;
  readonly landmarks: readonly Point[];
}

/** A photograph to forge. */
export interface ForgeryOrder {
  readonly photograph: EncodedFace;
  readonly forgeries: readonly {
    readonly method: Method;
    readonly seed: number;
    readonly donor?: EncodedFace | undefined;
  }[];
  readonly ratios: readonly number[];
  readonly quality: Quality;
}

/** A forgery as files. */
export interface EncodedForgery {
  readonly image: Uint8Array;
  /** A grey PNG. */
  readonly mask: Uint8Array;
  readonly ratio: number;
  readonly share: number;
}

/** The format of the files of a photograph and its forgeries. */
export type Extension = '.png' | '.jpg';

/** A photograph and its forgeries as files. */
export interface ForgedPhotograph {
  readonly width: number;
  readonly height: number;
  readonly extension: Extension;
  /** Encoded as the forgeries are. */
  readonly original: Uint8Array;
  /** Undefined where too little of the face lies in the photograph. */
  readonly forgeries: readonly EncodedForgery[] | undefined;
}

/** `error` where an image cannot be decoded. */
export type ForgeryAnswer = ForgedPhotograph | { readonly error: string };

const decodeFace = async ({ bytes, landmarks }: EncodedFace): Promise<Face> => ({
  image: await decodeImage(bytes),
  landmarks,
});

/** How a photograph and its forgeries are encoded; undefined as PNG. */
interface JpegForm {
  readonly quality: number;
  readonly chromaSubsampling: '4:2:0' | '4:4:4';
}

function jpegForm(photograph: Uint8Array, quality: Quality): JpegForm | undefined {
  if (quality === undefined) return undefined;
  if (quality !== 'same') return { quality, chromaSubsampling: '4:4:4' };
  const tables = readJpegTables(photograph);
  return (
    tables && {
      quality: tables.quality,
      chromaSubsampling: tables.subsampling > 1 ? '4:2:0' : '4:4:4',
    }
  );
}

const encode = (image: DecodedImage, form: JpegForm | undefined): Promise<Buffer> =>
  form === undefined
    ? sharpOf(image).png({ compressionLevel: 6 }).toBuffer()
    : sharpOf(image)
        .jpeg({ ...form })
        .toBuffer();

const encodeMask = (mask: Uint8Array, { width, height }: Size): Promise<Buffer> =>
  sharp(mask, { raw: { width, height, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toBuffer();

async function forge(order: ForgeryOrder): Promise<ForgedPhotograph> {
  const { photograph, ratios, quality } = order;
  const face = await decodeFace(photograph);
  const form = jpegForm(photograph.bytes, quality);
  const { width, height } = face.image;
  const made = {
    width,
    height,
    extension: form === undefined ? '.png' : '.jpg',
    original: await encode(face.image, form),
  } as const;
  const forgeries: EncodedForgery[] = [];
  for (const { method, seed, donor } of order.forgeries) {
    const donorFace = donor === undefined ? undefined : await decodeFace(donor);
    const forgery = forgeImage(face, { method, seed, ratios, donor: donorFace });
    if (forgery === undefined) return { ...made, forgeries: undefined };
    const { mask, ratio, share } = forgery;
    forgeries.push({
      image: await encode(forgery.image, form),
      mask: await encodeMask(mask, face.image),
      ratio,
      share,
    });
  }
  return { ...made, forgeries };
}

answerInThread<ForgeryOrder, ForgeryAnswer>((order) =>
  forge(order).catch(({ message }: Error) => ({ error: message })),
);
