/**
 * Time of `audit` against that of `load-dataset` on the same images, of which it must stay under twice.
 *
 *     node --import tsx bench/audit.ts [images] [side]
 *
 * Images are JPEGs of smooth colours with grain, half of either class: 20,000 of 128 x 128 unless told otherwise.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { Random } from '../src/random.ts';
import runAudit from '../stages/audit/run.ts';
import { spec as audit } from '../stages/audit/spec.ts';
import runLoad from '../stages/load-dataset/run.ts';
import { spec as loadDataset } from '../stages/load-dataset/spec.ts';
import { StageBench } from '../test/support/stage-bench.ts';

const [images = 20_000, side = 128] = process.argv.slice(2).map(Number);
using loading = new StageBench();
using auditing = new StageBench();
const folder = join(loading.root, 'images');
const random = new Random('audited images');
const grain = new Float32Array(2 ** 20);
random.normals(grain);

async function picture(): Promise<Buffer> {
  const coarse = Uint8Array.from({ length: 8 * 8 * 3 }, () => 128 + 40 * Math.max(-3, Math.min(3, random.normal())));
  const smooth = sharp(coarse, { raw: { width: 8, height: 8, channels: 3 } }).resize(side, side);
  const pixels = await smooth.raw().toBuffer();
  const from = random.integer(grain.length);
  const grained = pixels.map((value, i) => Math.max(0, Math.min(255, value + 12 * grain[(from + i) % grain.length]!)));
  return sharp(grained, { raw: { width: side, height: side, channels: 3 } })
    .jpeg({ quality: 90 })
    .toBuffer();
}

for (let i = 0; i < images; i++) {
  const place = join(folder, ['train', 'val', 'test'][Math.floor(i / 2) % 3]!, i % 2 === 0 ? 'real' : 'fake');
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, `${i}.jpg`), await picture());
}

async function timed(name: string, work: () => Promise<void>) {
  const [start, before] = [performance.now(), process.cpuUsage()];
  await work();
  const { user, system } = process.cpuUsage(before);
  const [wall, processor] = [(performance.now() - start) / 1e3, (user + system) / 1e6];
  console.log(`${name.padEnd(14)}${wall.toFixed(1).padStart(7)} s, ${processor.toFixed(1)} s of processor time`);
  return { wall, processor };
}

const load = await timed('load-dataset', () => loading.run(loadDataset, runLoad, { inputs: { images: folder } }));
const look = await timed('audit', () =>
  auditing.run(audit, runAudit, { inputs: { dataset: loading.output('dataset') } }),
);
const ratios = [look.wall / load.wall, look.processor / load.processor].map((ratio) => ratio.toFixed(2));
console.log(`${ratios[0]} times as long, ${ratios[1]} times the processor time`);
