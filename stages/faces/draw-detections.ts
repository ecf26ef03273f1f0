import { fills } from '../../src/learning/charts/theme.ts';
import type { Box, Point } from '../../src/learning/faces/geometry.ts';
import { type DecodedImage, sharpOf } from '../../src/learning/vision/decode-image.ts';

/** A face that is drawn over its image. */
export interface DrawnFace {
  readonly box: Box;
  readonly score: number;
  readonly landmarks?: readonly Point[];
  readonly isPicked: boolean;
}

/** An image, at most `side` pixels long, with boxes, scores and landmarks, as a data URI. */
export async function drawDetections(
  image: DecodedImage,
  faces: readonly DrawnFace[],
  side: number,
): Promise<string> {
  const scale = Math.min(1, side / Math.max(image.width, image.height));
  const width = Math.max(1, Math.round(image.width * scale));
  const height = Math.max(1, Math.round(image.height * scale));
  const shapes = faces.map((face) => shapesOf(face, scale)).join('');
  const overlay = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${shapes}</svg>`;
  const small = await sharpOf(image).resize({ width, height, fit: 'fill' }).png().toBuffer();
  const drawn = await composite(small, overlay);
  return `data:image/jpeg;base64,${drawn.toString('base64')}`;
}

async function composite(image: Buffer, overlay: string): Promise<Buffer> {
  const { default: sharp } = await import('sharp');
  return await sharp(image)
    .composite([{ input: Buffer.from(overlay) }])
    .jpeg({ quality: 85, mozjpeg: true })
    .toBuffer();
}

/** Light on dark, so that lines show on any picture. */
function shapesOf({ box, score, landmarks = [], isPicked }: DrawnFace, scale: number): string {
  const at = (value: number): string => (value * scale).toFixed(1);
  const frame = `x="${at(box.left)}" y="${at(box.top)}" width="${at(box.right - box.left)}" height="${at(box.bottom - box.top)}" fill="none"`;
  const thickness = isPicked ? 3 : 1.2;
  const text = `<text x="${at(box.left)}" y="${(box.top * scale - 5).toFixed(1)}" font-family="DejaVu Sans, sans-serif" font-size="14" fill="#fff" stroke="#000" stroke-width="3" paint-order="stroke">${score.toFixed(2)}</text>`;
  const points = landmarks
    .map(
      ({ x, y }) =>
        `<circle cx="${at(x)}" cy="${at(y)}" r="1.4" fill="#fff" stroke="#000" stroke-width="0.5"/>`,
    )
    .join('');
  return `<rect ${frame} stroke="#000" stroke-width="${thickness + 2}"/><rect ${frame} stroke="${fills[1]}" stroke-width="${thickness}"/>${points}${text}`;
}
