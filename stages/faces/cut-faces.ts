import { cut } from '../../src/learning/faces/crops/cut.ts';
import { alignFace, frameFace } from '../../src/learning/faces/crops/placement.ts';
import type { Similarity } from '../../src/learning/faces/crops/similarity.ts';
import type { Face } from '../../src/learning/faces/finding/face-finder.ts';
import { ShardFile } from '../../src/learning/vision/dataset/shard-file.ts';
import { decodeImage, sharpOf } from '../../src/learning/vision/decode-image.ts';
import { mapParallel } from '../../src/learning/vision/map-in-threads.ts';
import type { PlacedFace } from './pick-faces.ts';
import type { Unit } from './source.ts';
import type { FacesSettings } from './spec.ts';

/** How faces are cut, of the settings. */
export type CutSettings = Pick<FacesSettings, 'align' | 'crop' | 'quality'>;

/** A crop in its shard. */
export interface Crop {
  /** Pixels a side. */
  readonly size: number;
  /** From the crop's positions to those of the image, in pixels. */
  readonly toImage: Similarity;
  /** Where its encoded bytes begin in the shard, and how many there are. */
  readonly offset: number;
  readonly bytes: number;
}

const usualAlignment = { landmarks: 68, size: 256, margin: 0.3 } as const;

/** Where the crop of a face lies in its image. */
function placeCrop(
  { box, landmarks }: Face,
  { align = usualAlignment, crop }: CutSettings,
): { readonly toImage: Similarity; readonly size: number } {
  if (crop !== undefined) return frameFace(box, crop.size, crop.margin);
  const { size, margin } = align;
  return { toImage: alignFace(landmarks, size, margin), size };
}

/** Cuts the picked faces of a unit into a tar file, in order, and gives their places in it. */
export async function cutUnit(
  { images }: Unit,
  faces: readonly PlacedFace[],
  settings: CutSettings,
  tar: string,
): Promise<readonly Crop[]> {
  const extension = settings.quality === undefined ? '.png' : '.jpg';
  const crops: Crop[] = [];
  using shard = new ShardFile(tar);
  const encoded = mapParallel(imagesWith(faces), 2, async ({ image, members }) => {
    const decoded = await decodeImage(await images[image]!.read());
    return await Promise.all(
      members.map(async (member) => {
        const { toImage, size } = placeCrop(member.face, settings);
        const pixels = cut(decoded, toImage, size);
        const bytes = await encode(sharpOf(pixels), settings.quality);
        return { member, toImage, size, bytes };
      }),
    );
  });
  for await (const ofImage of encoded) {
    for (const { member, toImage, size, bytes } of ofImage) {
      const { key } = images[member.image]!;
      const range = shard.add(key + member.suffix + extension, bytes);
      crops.push({ size, toImage, offset: range.offset, bytes: range.size });
    }
  }
  shard.finish();
  return crops;
}

const encode = (image: ReturnType<typeof sharpOf>, quality: number | undefined): Promise<Buffer> =>
  quality === undefined
    ? image.png({ compressionLevel: 6 }).toBuffer()
    : image.jpeg({ quality, chromaSubsampling: '4:4:4' }).toBuffer();

/** The images that have a face to cut, with these faces; faces are in the order of their images. */
function imagesWith(faces: readonly PlacedFace[]) {
  const groups: { readonly image: number; readonly members: PlacedFace[] }[] = [];
  for (const face of faces) {
    const last = groups.at(-1);
    if (last?.image === face.image) last.members.push(face);
    else groups.push({ image: face.image, members: [face] });
  }
  return groups;
}
