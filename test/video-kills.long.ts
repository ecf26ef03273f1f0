import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cpSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { test } from 'node:test';
import { readPiece } from '../src/engine/store/piece-files.ts';
import { ffmpeg, withoutFfmpeg } from './support/ffmpeg.ts';
import { stageKilledAt } from './support/killed-at.ts';
import { Project } from './support/rig.ts';
import { assertObjectsWhole } from './support/whole-objects.ts';

const yaml = `
stages:
  frames:
    kind: frames
    inputs: { videos: data/videos }
    with: { take: { count: 2 } }
  faces:
    kind: faces
    inputs: { images: frames.dataset }
    with: { persons: true, align: { size: 64 } }
`;

/** Real photographs: those of the demo of `@vladmandic/face-api`. */
const demo = join(
  dirname(createRequire(import.meta.url).resolve('@vladmandic/face-api/package.json')),
  'demo',
);

/** Videos of two frames, each of a photograph, in which the second is moved. */
function drawVideos(project: Project): void {
  for (const [index, sample] of [1, 2, 3, 4, 5, 6].entries()) {
    const video = project.path('data/videos', index % 2 === 0 ? 'real' : 'fake', `${sample}.mkv`);
    const moved = 'scale=480:-2,crop=460:300:x=20*n';
    const photograph = join(demo, `sample${sample}.jpg`);
    const output = ['-vf', moved, '-frames:v', '2', '-c:v', 'ffv1', video];
    ffmpeg('-loop', '1', '-i', photograph, ...output);
  }
}

function digests(project: Project): readonly string[] {
  return project.files('artifacts').map((file) => {
    const bytes = readFileSync(project.path('artifacts', file));
    return `${file} ${createHash('sha256').update(bytes).digest('hex')}`;
  });
}

/** Asserts that a killed stage left whole objects and pieces, and nothing else. */
function assertNothingHalfWritten(project: Project, stage: string): void {
  assertObjectsWhole(project);
  for (const file of project.files('cache/pieces')) {
    if (basename(file).startsWith('.tmp-')) continue;
    assert.ok(readPiece(project.path('cache/pieces', file)), `the piece ${file} is damaged`);
  }
  assert.deepEqual(project.files(`artifacts/test/${stage}`), []);
  assert.deepEqual(project.files('cache/work'), []);
}

test('frames and faces whose stages are killed at 20 points leave nothing half-written, and end with the same bytes', {
  skip: withoutFfmpeg,
}, async () => {
  using project = new Project(yaml);
  drawVideos(project);
  using unbroken = new Project(yaml);
  cpSync(project.path('data'), unbroken.path('data'), { recursive: true });
  assert.deepEqual((await unbroken.run()).outcomes, { frames: 'ran', faces: 'ran' });

  let kills = 0;
  for (const [stage, step] of [
    ['frames', 2],
    ['faces', 60],
  ] as const) {
    // Each time a little later: what was kept before is not made again.
    for (let n = step; await stageKilledAt(project, n, stage); n += step) {
      kills += 1;
      assertNothingHalfWritten(project, stage);
    }
  }
  assert.ok(kills >= 20, `${kills} kills`);
  assert.deepEqual(digests(project), digests(unbroken));
  assert.deepEqual((await project.run()).outcomes, { frames: 'up to date', faces: 'up to date' });
  assert.equal((await project.command('verify')).code, 0);
});
