import type {
  Face,
  FaceFinder,
  FaceQuestion,
  FacesOfImage,
} from '../../src/learning/faces/finding/face-finder.ts';
import { type DecodedImage, decodeImage } from '../../src/learning/vision/decode-image.ts';
import { mapParallel } from '../../src/learning/vision/map-in-threads.ts';
import { reasonOf } from '../../src/user-error.ts';
import type { SourceImage, Unit } from './source.ts';

/** What was found in an image. */
export interface SearchedImage extends FacesOfImage {
  /** In pixels; 0 where it could not be decoded. */
  readonly width: number;
  readonly height: number;
  /** Why it could not be decoded, as a clause. */
  readonly problem?: string;
}

/** Images that are decoded ahead of the networks. */
const ahead = 3;

/** Searches the images of a unit, in order. `onImage` is called after each. */
export async function searchUnit(
  finder: FaceFinder,
  { images }: Unit,
  question: FaceQuestion,
  onImage: () => void,
): Promise<readonly SearchedImage[]> {
  const searched: SearchedImage[] = [];
  for await (const image of mapParallel(images, ahead, decode)) {
    searched.push(
      'problem' in image
        ? { faces: [], refused: [], width: 0, height: 0, problem: image.problem }
        : { ...(await finder.find(image, question)), width: image.width, height: image.height },
    );
    onImage();
  }
  return searched;
}

async function decode(image: SourceImage): Promise<DecodedImage | { readonly problem: string }> {
  const bytes = await image.read();
  try {
    return await decodeImage(bytes);
  } catch (error) {
    return { problem: `it cannot be decoded: ${reasonOf(error).trim().split('\n')[0]}` };
  }
}

/** What was found as a text: JSON, with the descriptors as base64 of float32. */
export function packSearch(searched: readonly SearchedImage[]): string {
  const packed = searched.map(({ faces, ...rest }) => ({
    ...rest,
    faces: faces.map(({ descriptor, ...face }) => ({
      ...face,
      ...(descriptor !== undefined && {
        descriptor: Buffer.from(
          descriptor.buffer,
          descriptor.byteOffset,
          descriptor.byteLength,
        ).toString('base64'),
      }),
    })),
  }));
  return JSON.stringify(packed);
}

interface PackedFace extends Omit<Face, 'descriptor'> {
  readonly descriptor?: string;
}

interface PackedImage extends Omit<SearchedImage, 'faces'> {
  readonly faces: readonly PackedFace[];
}

/** The opposite of {@link packSearch}. */
export function unpackSearch(text: string): readonly SearchedImage[] {
  return (JSON.parse(text) as readonly PackedImage[]).map(({ faces, ...rest }) => ({
    ...rest,
    faces: faces.map(({ descriptor, ...face }) => ({
      ...face,
      ...(descriptor !== undefined && { descriptor: floatsOf(descriptor) }),
    })),
  }));
}

function floatsOf(text: string): Float32Array {
  const bytes = Buffer.from(text, 'base64');
  return new Float32Array(new Uint8Array(bytes).buffer);
}
