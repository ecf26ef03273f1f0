/**
 * The processor time of the networks of `faces` on one frame of 1280 x 720, and how steady they
 * are.
 *
 *     node --import tsx bench/faces.ts                  # times, on a picture of the npm package
 *     node --import tsx bench/faces.ts steady <folder>   # the same faces moved, turned and scaled
 *     node --import tsx bench/faces.ts false <folder>…   # faces in pictures that show none
 *
 * There is no ground truth: `steady` compares the networks with themselves. Each picture is placed
 * on grey of 1280 x 720, in the middle and at 512 pixels, and then otherwise; box and landmarks of
 * the first are led to the second, and the distance is given in shares of the box's width.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { selectBackend } from '../src/backend/select/select-backend.ts';
import { PackageNetworks } from '../src/learning/faces/finding/package-networks.ts';
import { type Box, type Point, widthOf } from '../src/learning/faces/geometry.ts';
import { type DecodedImage, decodeImage } from '../src/learning/vision/decode-image.ts';
import { imagesUnder } from '../src/learning/vision/find-images.ts';
import { median } from './runner/interleave.ts';

const [what = 'time', ...folders] = process.argv.slice(2);
await selectBackend('onnxruntime', { threads: 2 });
using networks = new PackageNetworks();
if (what === 'steady') await measureSteadiness(folders[0]!);
else if (what === 'false') for (const folder of folders) await countFalseFaces(folder);
else await measureTimes();

async function measureTimes(): Promise<void> {
  const require = createRequire(import.meta.url);
  const demo = join(dirname(require.resolve('@vladmandic/face-api/package.json')), 'demo');
  const bytes = await sharp(join(demo, 'sample1.jpg')).resize(1280, 720).png().toBuffer();
  const image = await decodeImage(bytes);
  const [face] = await networks.detector.detect(image, 0.5);
  const landmarks = await networks.locate(image, face!);
  const steps = {
    detector: () => networks.detector.detect(image, 0.5),
    landmarks: () => networks.locate(image, face!),
    descriptor: () => networks.describe(image, face!, landmarks),
  };
  for (const [name, step] of Object.entries(steps)) {
    const times: number[] = [];
    const walls: number[] = [];
    await step();
    for (let run = 0; run < 20; run++) {
      const before = process.cpuUsage();
      const start = performance.now();
      await step();
      walls.push(performance.now() - start);
      const { user, system } = process.cpuUsage(before);
      times.push((user + system) / 1000);
    }
    console.log(
      `${name}: ${median(times).toFixed(1)} ms of processor time, ${median(walls).toFixed(1)} ms`,
    );
  }
}

/** How a picture of 512 pixels lies on its background. */
interface Place {
  readonly name: string;
  readonly scale: number;
  readonly degrees: number;
  readonly right: number;
  readonly down: number;
}

async function measureSteadiness(folder: string): Promise<void> {
  const still = { name: 'still', scale: 1, degrees: 0, right: 0, down: 0 };
  const places: readonly Place[] = [
    { ...still, name: 'moved by 37 and 11 pixels', right: 37, down: 11 },
    { ...still, name: 'scaled by 0.5', scale: 0.5 },
    { ...still, name: 'scaled by 0.25', scale: 0.25 },
    { ...still, name: 'turned by 15 degrees', degrees: 15 },
    { ...still, name: 'turned by 30 degrees', degrees: 30 },
  ];
  const pictures = imagesUnder(folder, '').slice(0, 24);
  const errors = new Map(
    places.map(({ name }) => [
      name,
      { centres: [] as number[], landmarks: [] as number[], lost: 0 },
    ]),
  );
  for (const path of pictures) {
    const bytes = readFileSync(join(folder, path));
    const first = await faceOf(await placed(bytes, still));
    if (first === undefined) continue;
    for (const place of places) {
      const sums = errors.get(place.name)!;
      const second = await faceOf(await placed(bytes, place));
      if (second === undefined) sums.lost += 1;
      else {
        const width = widthOf(first.box) * place.scale;
        const distances = first.landmarks.map((point, i) => {
          const { x, y } = lead(point, place);
          return Math.hypot(second.landmarks[i]!.x - x, second.landmarks[i]!.y - y) / width;
        });
        sums.landmarks.push(distances.reduce((sum, value) => sum + value, 0) / 68);
        const centre = lead(middle(first.box), place);
        const other = middle(second.box);
        sums.centres.push(Math.hypot(other.x - centre.x, other.y - centre.y) / width);
      }
    }
  }
  for (const [name, { centres, landmarks, lost }] of errors) {
    const share = (values: readonly number[]) => `${(100 * median([...values])).toFixed(1)} %`;
    console.log(
      `${name}: centre of the box ${share(centres)}, landmarks ${share(landmarks)} of the width; lost ${lost} of ${centres.length + lost}`,
    );
  }
}

function middle({ left, top, right, bottom }: Box) {
  return { x: (left + right) / 2, y: (top + bottom) / 2 };
}

/** Where a point of the picture that lies still comes to. */
function lead({ x, y }: Point, place: Place) {
  const angle = (place.degrees * Math.PI) / 180;
  const across = (x - 640) * place.scale;
  const along = (y - 360) * place.scale;
  return {
    x: 640 + across * Math.cos(angle) - along * Math.sin(angle) + place.right,
    y: 360 + across * Math.sin(angle) + along * Math.cos(angle) + place.down,
  };
}

async function placed(
  bytes: Buffer,
  { scale, degrees, right, down }: Place,
): Promise<DecodedImage> {
  const side = Math.round(512 * scale);
  const resized = await sharp(bytes).resize(side, side, { fit: 'fill' }).png().toBuffer();
  const turned = await sharp(resized).rotate(degrees, { background: '#808080' }).png().toBuffer();
  const { width, height } = await sharp(turned).metadata();
  const left = Math.round(640 - width / 2 + right);
  const top = Math.round(360 - height / 2 + down);
  const grey = { width: 1280, height: 720, channels: 3 as const, background: '#808080' };
  const drawn = sharp({ create: grey }).composite([{ input: turned, left, top }]);
  return await decodeImage(await drawn.png().toBuffer());
}

async function faceOf(image: DecodedImage) {
  const [face] = await networks.detector.detect(image, 0.5);
  return face && { box: face.box, landmarks: await networks.locate(image, face) };
}

async function countFalseFaces(folder: string): Promise<void> {
  const pictures = imagesUnder(folder, '');
  const found: string[] = [];
  let read = 0;
  for (const path of pictures) {
    const image = await decodeImage(readFileSync(join(folder, path))).catch(() => undefined);
    if (image === undefined) continue;
    read += 1;
    for (const { box, score } of await networks.detector.detect(image, 0.3))
      found.push(`${path}: ${score.toFixed(2)}, ${Math.round(widthOf(box))} pixels`);
  }
  console.log(`${folder}: ${found.length} faces of 0.3 or more in ${read} pictures`);
  for (const line of found) console.log(`  ${line}`);
}
