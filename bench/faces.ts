/**
 * The processor time of the networks of `faces` on one frame of 1280 x 720, and how steady they
 * are.
 *
 *     node --import tsx bench/faces.ts                 # times, on a picture of the npm package
 *     node --import tsx bench/faces.ts steady <folder> <background>   # moved, turned and scaled
 *     node --import tsx bench/faces.ts tracks <folder> <background>   # two that pass each other
 *     node --import tsx bench/faces.ts false <folder>…                # in pictures without one
 *     node --import tsx bench/faces.ts many 10000                     # memory for so many videos
 *
 * There is no ground truth: `steady` compares the networks with themselves. Each of the first 24
 * pictures of the folder is placed on the background, a picture that is resized to 1280 x 720, or
 * grey without one: in the middle and at 512 pixels, and then otherwise. Box, landmarks and the
 * corners of the aligned crop are led from the first to the second. Distances are shares of the
 * width of the box, and of the side of the crop.
 *
 * `tracks` lets two of these pictures pass each other in 32 frames, a fifth of a second apart, at
 * 200 pixels; in the middle one covers the other. It counts the tracks, and the frames in which the
 * face of a picture has another track than at the beginning.
 *
 * `many` runs the stage without its networks, on videos of 32 frames with a face each, whose
 * searches and crops it finds as pieces.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { selectBackend } from '../src/backend/select/select-backend.ts';
import { alignFace } from '../src/learning/faces/crops/placement.ts';
import { PackageNetworks } from '../src/learning/faces/finding/package-networks.ts';
import { type Box, type Point, widthOf } from '../src/learning/faces/geometry.ts';
import { type TrackedFace, trackFaces } from '../src/learning/faces/people/tracks.ts';
import { DatasetWriter } from '../src/learning/vision/dataset/dataset-writer.ts';
import { type DecodedImage, decodeImage } from '../src/learning/vision/decode-image.ts';
import { imagesUnder } from '../src/learning/vision/find-images.ts';
import { packSearch } from '../stages/faces/find-faces.ts';
import runFaces from '../stages/faces/run.ts';
import { spec } from '../stages/faces/spec.ts';
import { StageBench } from '../test/support/stage-bench.ts';
import { median } from './runner/interleave.ts';

/** How a picture lies on its background: where its middle is, in pixels from that of the frame. */
interface Place {
  readonly name: string;
  /** Its side in pixels. */
  readonly side: number;
  readonly degrees: number;
  readonly right: number;
  readonly down: number;
}

const still: Place = { name: 'still', side: 512, degrees: 0, right: 0, down: 0 };
const places: readonly Place[] = [
  { ...still, name: 'moved by 37 and 11 pixels', right: 37, down: 11 },
  { ...still, name: 'half as large', side: 256 },
  { ...still, name: 'a quarter as large', side: 128 },
  { ...still, name: 'turned by 15 degrees', degrees: 15 },
  { ...still, name: 'turned by 30 degrees', degrees: 30 },
];

const [what = 'time', ...folders] = process.argv.slice(2);
await selectBackend('onnxruntime', { threads: 2 });
using networks = new PackageNetworks();
if (what === 'steady') await measureSteadiness(folders[0]!, folders[1]);
else if (what === 'tracks') await countTracks(folders[0]!, folders[1]);
else if (what === 'many') await measureMemory(Number(folders[0]));
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

async function measureSteadiness(folder: string, behind: string | undefined): Promise<void> {
  const background = await backgroundOf(behind);
  const pictures = imagesUnder(folder, '').slice(0, 24);
  const distances = new Map(
    places.map(({ name }) => [
      name,
      { centres: [] as number[], landmarks: [] as number[], crops: [] as number[], lost: 0 },
    ]),
  );
  for (const path of pictures) {
    const bytes = readFileSync(join(folder, path));
    const first = await faceOf(await draw(background, [{ bytes, place: still }]));
    if (first === undefined) continue;
    for (const place of places) {
      const sums = distances.get(place.name)!;
      const second = await faceOf(await draw(background, [{ bytes, place }]));
      if (second === undefined) {
        sums.lost += 1;
        continue;
      }
      const width = (widthOf(first.box) * place.side) / still.side;
      sums.centres.push(distanceOf([middle(first.box)], [middle(second.box)], place) / width);
      sums.landmarks.push(distanceOf(first.landmarks, second.landmarks, place) / width);
      const before = cornersOf(first.landmarks);
      const after = cornersOf(second.landmarks);
      const side = Math.hypot(after[1]!.x - after[0]!.x, after[1]!.y - after[0]!.y);
      sums.crops.push(distanceOf(before, after, place) / side);
    }
  }
  console.log(`${folder} on ${behind ?? 'grey'}, medians:`);
  for (const [name, { centres, landmarks, crops, lost }] of distances) {
    const shares = [centres, landmarks, crops].map(
      (values) => `${(100 * median([...values])).toFixed(1)} %`,
    );
    console.log(
      `  ${name}: centre of the box ${shares[0]}, landmarks ${shares[1]}, corners of the crop ${shares[2]}; lost ${lost} of ${centres.length + lost}`,
    );
  }
}

/** The mean distance of points, once those of the picture that lies still are led to its place. */
function distanceOf(first: readonly Point[], second: readonly Point[], place: Place): number {
  const distances = first.map((point, i) => {
    const { x, y } = lead(point, place);
    return Math.hypot(second[i]!.x - x, second[i]!.y - y);
  });
  return distances.reduce((sum, value) => sum + value, 0) / distances.length;
}

function middle({ left, top, right, bottom }: Box): Point {
  return { x: (left + right) / 2, y: (top + bottom) / 2 };
}

/** The corners of the aligned crop in its image. */
function cornersOf(landmarks: readonly Point[]): readonly Point[] {
  const { a, b, dx, dy } = alignFace(landmarks, 1, 0.3);
  const corners = [
    [0, 0],
    [1, 0],
    [0, 1],
    [1, 1],
  ] as const;
  return corners.map(([x, y]) => ({ x: a * x - b * y + dx, y: b * x + a * y + dy }));
}

/** Where a point of the picture that lies still comes to. */
function lead({ x, y }: Point, place: Place): Point {
  const angle = (place.degrees * Math.PI) / 180;
  const across = ((x - 640) * place.side) / still.side;
  const along = ((y - 360) * place.side) / still.side;
  return {
    x: 640 + across * Math.cos(angle) - along * Math.sin(angle) + place.right,
    y: 360 + across * Math.sin(angle) + along * Math.cos(angle) + place.down,
  };
}

/** A picture as a frame of 1280 x 720, cut where it has another shape; grey without one. */
async function backgroundOf(path: string | undefined): Promise<Buffer> {
  const size = { width: 1280, height: 720 };
  const image =
    path === undefined
      ? sharp({ create: { ...size, channels: 3, background: '#808080' } })
      : sharp(path).resize({ ...size, fit: 'cover' });
  return await image.png().toBuffer();
}

interface PlacedPicture {
  readonly bytes: Buffer;
  readonly place: Place;
}

/** Draws pictures on a background; a later one covers those before it. */
async function draw(background: Buffer, pictures: readonly PlacedPicture[]): Promise<DecodedImage> {
  const layers = await Promise.all(
    pictures.map(async ({ bytes, place: { side, degrees, right, down } }) => {
      const resized = await sharp(bytes).resize(side, side, { fit: 'fill' }).png().toBuffer();
      const clear = { r: 0, g: 0, b: 0, alpha: 0 };
      const turned = await sharp(resized).rotate(degrees, { background: clear }).png().toBuffer();
      const { width, height } = await sharp(turned).metadata();
      const left = Math.round(640 - width / 2 + right);
      const top = Math.round(360 - height / 2 + down);
      return { input: turned, left, top };
    }),
  );
  return await decodeImage(await sharp(background).composite(layers).png().toBuffer());
}

async function faceOf(image: DecodedImage) {
  const [face] = await networks.detector.detect(image, 0.5);
  return face && { box: face.box, landmarks: await networks.locate(image, face) };
}

async function countTracks(folder: string, behind: string | undefined): Promise<void> {
  const background = await backgroundOf(behind);
  const pictures = imagesUnder(folder, '').slice(0, 24);
  const counts = { videos: 0, tracks: 0, faces: 0, changed: 0 };
  for (let i = 0; i + 1 < pictures.length; i += 2) {
    const pair = pictures.slice(i, i + 2).map((path) => readFileSync(join(folder, path)));
    const { faces, pictureOf } = await facesThatPass(background, pair as [Buffer, Buffer]);
    const tracks = trackFaces(faces);
    const first = [0, 1].map((picture) => tracks[pictureOf.indexOf(picture)]);
    counts.videos += 1;
    counts.tracks += new Set(tracks).size;
    counts.faces += faces.length;
    counts.changed += tracks.filter((track, face) => track !== first[pictureOf[face]!]).length;
  }
  console.log(
    `${folder} on ${behind ?? 'grey'}: ${counts.videos} videos of two faces have ${counts.tracks} tracks; ${counts.changed} of ${counts.faces} faces have another one than at the beginning`,
  );
}

/** The faces that are found while two pictures pass each other, and which picture each shows. */
async function facesThatPass(background: Buffer, [back, front]: readonly [Buffer, Buffer]) {
  const faces: TrackedFace[] = [];
  const pictureOf: number[] = [];
  for (let frame = 0; frame < 32; frame++) {
    const right = -400 + (800 * frame) / 31;
    const positions = [right, -right];
    const image = await draw(background, [
      { bytes: back, place: { ...still, side: 200, right, down: -20 } },
      { bytes: front, place: { ...still, side: 200, right: -right, down: 20 } },
    ]);
    for (const { box, score } of await networks.detector.detect(image, 0.5)) {
      const landmarks = await networks.locate(image, { box, score });
      const descriptor = await networks.describe(image, { box, score }, landmarks);
      const distances = positions.map((position) => Math.abs(middle(box).x - 640 - position));
      faces.push({ frame, time: frame / 5, box, descriptor });
      // Where both lie on each other, what is seen is mostly the one in front.
      pictureOf.push(distances[0]! < distances[1]! - 20 ? 0 : 1);
    }
  }
  return { faces, pictureOf };
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

/** Writes a data set of videos of 32 frames, all of which show the same. */
async function writeManyVideos(folder: string, videos: number): Promise<void> {
  const grey = sharp({ create: { width: 32, height: 32, channels: 3, background: '#808080' } });
  const bytes = await grey.png().toBuffer();
  using writer = new DatasetWriter(folder, { classes: ['real', 'fake'], splits: ['all'] });
  for (let number = 0; number < videos; number++) {
    const video = `${number % 2 === 0 ? 'real' : 'fake'}/${number}.mp4`;
    for (let frame = 0; frame < 32; frame++) {
      const key = `${video}/${String(frame).padStart(6, '0')}`;
      const sample = { key, path: `${key}.png`, group: video, video, frame, time: frame / 3 };
      const label = number % 2;
      const source = label === 0 ? 'real' : 'fake';
      writer.add('all', { ...sample, label, source, width: 32, height: 32 }, bytes);
    }
  }
  writer.finish();
}

async function measureMemory(videos: number): Promise<void> {
  using bench = new StageBench();
  const images = join(bench.root, 'frames');
  await writeManyVideos(images, videos);
  const landmarks = Array.from({ length: 68 }, (_, i) => ({ x: 5.25 + (i % 17), y: 4.75 + i / 4 }));
  const box = { left: 2, top: 2, right: 30, bottom: 30 };
  const face = { box, score: 0.9, landmarks, descriptor: new Float32Array(128).fill(0.1) };
  const searched = { faces: [face], refused: [], width: 32, height: 32 };
  const search = packSearch(Array.from({ length: 32 }, () => searched));
  const toImage = { a: 0.1, b: 0, dx: 2, dy: 2 };
  const crop = { size: 256, toImage, offset: 512, bytes: 100 };
  const crops = JSON.stringify(Array.from({ length: 32 }, () => crop));
  const pieces = {
    restore: async (_: unknown, path?: string) => {
      if (path === undefined) return search;
      writeFileSync(path, '');
      return crops;
    },
    keep: async () => {},
  };
  const before = process.memoryUsage.rss();
  const settings = { pick: 'largest', crop: { size: 256 }, minSize: 1 };
  await bench.run(spec, runFaces, { inputs: { images }, pieces, with: settings });
  const most = process.resourceUsage().maxRSS / 1024;
  console.log(
    `${videos} videos of 32 frames: ${most.toFixed(0)} MiB at most, ${(before / 2 ** 20).toFixed(0)} before`,
  );
}
