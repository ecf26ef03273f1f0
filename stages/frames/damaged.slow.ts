import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openDataset } from '../../src/learning/vision/dataset/open-dataset.ts';
import { Random } from '../../src/random.ts';
import { damagedBytes } from '../../test/support/damaged-bytes.ts';
import { drawVideo, withoutFfmpeg } from '../../test/support/ffmpeg.ts';
import { StageBench } from '../../test/support/stage-bench.ts';
import run from './run.ts';
import { spec } from './spec.ts';

/** Ends of files, by which forms are told apart, with their codecs. */
const forms = {
  mp4: ['-c:v', 'libx264'],
  mkv: ['-c:v', 'libx264'],
  avi: ['-c:v', 'mpeg4'],
  ts: ['-c:v', 'mpeg2video'],
};
const ofEachForm = 25;

/** A copy that is cut anywhere, or has other bytes in its beginning, anywhere, or parts moved. */
function damage(whole: Buffer, random: Random, number: number): Buffer {
  const at = (length: number) => Math.floor(random.float() * length);
  const way = number % 4;
  if (way === 0) return whole.subarray(0, at(whole.length));
  if (way === 3) return damagedBytes(whole, number);
  const damaged = Buffer.from(whole);
  for (let i = 0; i < 10 ** way; i++) damaged[at(way === 1 ? 2000 : whole.length)] = at(256);
  return damaged;
}

test('each of 100 damaged videos gives its frames or a reason, whatever is wrong with it', {
  skip: withoutFfmpeg,
}, async () => {
  using bench = new StageBench();
  const videos = join(bench.root, 'videos');
  mkdirSync(videos);
  const random = new Random('damaged videos', 1);
  const names: string[] = [];
  for (const [form, output] of Object.entries(forms)) {
    const whole = join(videos, `whole.${form}`);
    drawVideo(whole, { filter: 'noise=alls=40:allf=t', rate: 25, output });
    for (let number = 0; number < ofEachForm; number++) {
      const name = `${number}.${form}`;
      names.push(name);
      writeFileSync(join(videos, name), damage(readFileSync(whole), random, number));
    }
  }
  const settings = { take: { count: 4 }, unreadable: 'skip', timeLimit: 120 };
  await bench.run(spec, run, { inputs: { videos }, with: settings });
  using dataset = openDataset(bench.output('dataset'));
  const split = dataset.split('all');
  const taken = new Set(split.samples.map(({ video }) => video!));
  const missing = split.missing().map(({ video }) => video);
  const all = [...names, ...Object.keys(forms).map((form) => `whole.${form}`)];
  assert.equal(names.length, 100);
  assert.deepEqual([...taken, ...missing].sort(), all.sort());
  for (const form of Object.keys(forms)) assert.ok(taken.has(`whole.${form}`));
  assert.ok(missing.length > 30 && missing.length < 90, `${missing.length} have no frames`);
  for (const { reason } of split.missing()) assert.match(reason, /^(it|its frames|the size) /);
});
