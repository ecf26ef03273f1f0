// Writes faces.json: what the code of @vladmandic/face-api finds in the pictures of its own demo,
// computed by tfjs in JavaScript. Run it from the root of the repository:
//   node test/golden/faces.mjs
// Descriptors are personal data: only the distances between them are written.
import { writeFileSync } from 'node:fs';
import Module, { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import sharp from 'sharp';

const require = createRequire(import.meta.url);
// The file that needs no native package names a backend that is not installed and not used.
const load = Module._load;
Module._load = (name, ...rest) =>
  name === '@tensorflow/tfjs-backend-wasm' ? {} : load(name, ...rest);
const folder = dirname(require.resolve('@vladmandic/face-api/package.json'));
const tf = require('@tensorflow/tfjs');
const faceapi = require(join(folder, 'dist/face-api.node-wasm.js'));
await tf.setBackend('cpu');
await tf.ready();
for (const net of ['ssdMobilenetv1', 'faceLandmark68Net', 'faceRecognitionNet'])
  await faceapi.nets[net].loadFromDisk(join(folder, 'model'));

const rounded = (value, digits) => Number(value.toFixed(digits));
const descriptors = [];
const pictures = {};
for (let number = 1; number <= 6; number++) {
  const file = `sample${number}.jpg`;
  const { data, info } = await sharp(join(folder, 'demo', file))
    .autoOrient()
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  const image = tf.tensor3d(data, [info.height, info.width, 3], 'int32');
  const options = new faceapi.SsdMobilenetv1Options({ minConfidence: 0.3, maxResults: 100 });
  const faces = await faceapi
    .detectAllFaces(image, options)
    .withFaceLandmarks()
    .withFaceDescriptors();
  image.dispose();
  pictures[file] = faces.map(({ detection, landmarks, descriptor }) => {
    descriptors.push(descriptor);
    const { left, top, right, bottom } = detection.box;
    return {
      score: rounded(detection.score, 5),
      box: [left, top, right, bottom].map((value) => rounded(value, 2)),
      landmarks: landmarks.positions.map(({ x, y }) => [rounded(x, 2), rounded(y, 2)]),
    };
  });
  console.log(file, faces.length);
}
const distances = descriptors.map((first) =>
  descriptors.map((second) =>
    rounded(Math.hypot(...first.map((value, i) => value - second[i])), 4),
  ),
);
const path = new URL('faces.json', import.meta.url);
writeFileSync(path, `${JSON.stringify({ pictures, distances })}\n`);
