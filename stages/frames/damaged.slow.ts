import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openDataset } from '../../src/learning/vision/dataset/open-dataset.ts';
import { Random } from '../../src/random.ts';
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

/** A copy that is cut anywhere, or has other bytes anywhere or in its beginning. */
function damage(bytes: Buffer, random: Random, way: number): Buffer {
  const at = (length: number) => Math.floor(random.float() * length);
  if (way === 0) return bytes.subarray(0, at(bytes.length));
  const damaged = Buffer.from(bytes);
  for (let i = 0; i < 10 ** way; i++) damaged[at(way === 1 ? 2000 : bytes.length)] = at(256);
  return damaged;
}

test('a damaged video gives its frames or a reason, whatever is wrong with it', {
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
    for (let i = 0; i < 9; i++) {
      names.push(`${i}.${form}`);
      writeFileSync(join(videos, names.at(-1)!), damage(readFileSync(whole), random, i % 3));
    }
  }
  const settings = { take: { count: 4 }, unreadable: 'skip', timeLimit: 120 };
  await bench.run(spec, run, { inputs: { videos }, with: settings });
  using dataset = openDataset(bench.output('dataset'));
  const split = dataset.split('all');
  const taken = new Set(split.samples.map(({ video }) => video!));
  const refused = split.missing().map(({ video }) => video);
  const all = [...names, ...Object.keys(forms).map((form) => `whole.${form}`)];
  assert.deepEqual([...taken, ...refused].sort(), all.sort());
  for (const form of Object.keys(forms)) assert.ok(taken.has(`whole.${form}`));
  assert.ok(refused.length > names.length / 2);
  for (const { reason } of split.missing()) assert.match(reason, /^(it|its frames) /);
});
