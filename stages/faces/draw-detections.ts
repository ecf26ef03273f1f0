import { toDecimals } from '../../src/format-numbers.ts';
import { fills } from '../../src/learning/charts/theme.ts';
import { areaOf, type Box, intersectionOf, type Point } from '../../src/learning/faces/geometry.ts';
import { type DecodedImage, sharpOf } from '../../src/learning/vision/decode-image.ts';

/** A face that is drawn over its image. */
export interface DrawnFace {
  readonly box: Box;
  readonly score: number;
  readonly landmarks?: readonly Point[];
  readonly isPicked: boolean;
}

/** A picture of an image with what was detected in it. */
export interface DetectionPicture {
  /** A data URI. */
  readonly uri: string;
  /** Its height over its width. */
  readonly ratio: number;
}

/** An image, at most `side` pixels long, with boxes, scores and landmarks. */
export async function drawDetections(
  image: DecodedImage,
  faces: readonly DrawnFace[],
  side: number,
): Promise<DetectionPicture> {
  const scale = Math.min(1, side / Math.max(image.width, image.height));
  const width = Math.max(1, Math.round(image.width * scale));
  const height = Math.max(1, Math.round(image.height * scale));
  const boxes = placeScores(
    faces.map(({ box }) => scaled(box, scale)),
    { width, height },
  );
  const shapes = [
    ...faces.map((face) => shapesOf(face, scale)),
    ...faces.map(({ score }, i) => textOf(score, boxes[i]!)),
  ].join('');
  const overlay = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${shapes}</svg>`;
  const small = await sharpOf(image).resize({ width, height, fit: 'fill' }).png().toBuffer();
  const drawn = await composite(small, overlay);
  return { uri: `data:image/jpeg;base64,${drawn.toString('base64')}`, ratio: height / width };
}

async function composite(image: Buffer, overlay: string): Promise<Buffer> {
  const { default: sharp } = await import('sharp');
  return await sharp(image)
    .composite([{ input: Buffer.from(overlay) }])
    .jpeg({ quality: 85, mozjpeg: true })
    .toBuffer();
}

/** Light on dark, so that lines show on any picture. */
function shapesOf({ box, landmarks = [], isPicked }: DrawnFace, scale: number): string {
  const at = (value: number): string => (value * scale).toFixed(1);
  const frame = `x="${at(box.left)}" y="${at(box.top)}" width="${at(box.right - box.left)}" height="${at(box.bottom - box.top)}" fill="none"`;
  const thickness = isPicked ? 3 : 1.2;
  const points = landmarks
    .map(
      ({ x, y }) =>
        `<circle cx="${at(x)}" cy="${at(y)}" r="1.4" fill="#fff" stroke="#000" stroke-width="0.5"/>`,
    )
    .join('');
  return `<rect ${frame} stroke="#000" stroke-width="${thickness + 2}"/><rect ${frame} stroke="${fills[1]}" stroke-width="${thickness}"/>${points}`;
}

/** Of a score in the picture, in pixels. */
const textWidth = 34;
const textHeight = 14;

/**
 * Where the scores stand in a picture, in its pixels: each above its box, or at the first other
 * edge of it where it is whole and covers no earlier one.
 *
 * @param boxes in pixels of the picture.
 */
export function placeScores(
  boxes: readonly Box[],
  { width, height }: { readonly width: number; readonly height: number },
): readonly Box[] {
  const placed: Box[] = [];
  for (const box of boxes) {
    const left = Math.min(Math.max(0, box.left), width - textWidth);
    const ends = [
      box.top - 5,
      box.bottom + textHeight + 3,
      box.top + textHeight + 3,
      box.bottom - 5,
    ];
    const boxes = ends.map((bottom): Box => {
      return { left, right: left + textWidth, top: bottom - textHeight, bottom };
    });
    const isFree = (box: Box) =>
      box.top >= 0 &&
      box.bottom <= height &&
      placed.every((earlier) => areaOf(intersectionOf(earlier, box)) === 0);
    placed.push(boxes.find(isFree) ?? boxes[2]!);
  }
  return placed;
}

const textOf = (score: number, { left, bottom }: Box): string =>
  `<text x="${left.toFixed(1)}" y="${bottom.toFixed(1)}" font-family="DejaVu Sans, sans-serif" font-size="14" fill="#fff" stroke="#000" stroke-width="3" paint-order="stroke">${toDecimals(score, 2)}</text>`;

const scaled = ({ left, top, right, bottom }: Box, scale: number): Box => {
  return { left: left * scale, top: top * scale, right: right * scale, bottom: bottom * scale };
};
