// Lays three pictures of one run out as the README's: images above maps at the left, curves at the
// right.
//   node scripts/write-overview.mjs <images.png> <maps.png> <curves.png>
// They are charts of any run on drawn faces. Those of the present picture are of this pipeline:
//   extends: experiments/simple-net-fakes.yaml
//   params:
//     { count: { train: 600, val: 100, test: 200 }, epochs: 8, forgeries: [upsampled],
//       monitor: [train, val], learningRate: 0.0005 }
//   stages:
//     images: { kind: plot, inputs: { dataset: faces.dataset }, with: { splits: [train] } }
//     cam: { kind: gradcam, inputs: { models: [fit.model], datasets: [faces.dataset] } }
import { writeFileSync } from 'node:fs';
import sharp from 'sharp';

const target = 'docs/overview.png';
const width = 1640;
const gap = 24;

const files = process.argv.slice(2);
if (files.length !== 3) {
  console.error('Expected three PNG files: images, maps, curves.');
  process.exit(2);
}
const [images, maps, curves] = await Promise.all(
  files.map(async (file) => {
    const size = await sharp(file).metadata();
    return { file, tallness: size.height / size.width };
  }),
);

// The two columns end at one height: left * (images + maps) + gap = right * curves, left + gap +
// right = width.
const stack = images.tallness + maps.tallness;
const left = Math.round(((width - gap) * curves.tallness - gap) / (stack + curves.tallness));
const right = width - gap - left;
const heights = {
  images: Math.round(left * images.tallness),
  maps: Math.round(left * maps.tallness),
};
const height =
  // Two pixels more leave room for rounding.
  Math.max(heights.images + gap + heights.maps, Math.round(right * curves.tallness)) + 2;
const scaled = (file, width) =>
  sharp(file).flatten({ background: 'white' }).resize({ width }).toBuffer();

const picture = await sharp({
  create: { width, height, channels: 3, background: 'white' },
})
  .composite([
    { input: await scaled(images.file, left), left: 0, top: 0 },
    { input: await scaled(maps.file, left), left: 0, top: heights.images + gap },
    { input: await scaled(curves.file, right), left: left + gap, top: 0 },
  ])
  .png({ palette: true, dither: 1, effort: 10 }) // a fifth of the bytes
  .toBuffer();
writeFileSync(target, picture);
console.log(`${target}: ${width} x ${height}, ${Math.round(picture.length / 1024)} KiB`);
