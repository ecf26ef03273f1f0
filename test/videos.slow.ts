import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ffmpeg, withoutFfmpeg } from './support/ffmpeg.ts';
import { Project } from './support/rig.ts';

/** The experiment on drawn videos, as small as possible: its numbers mean nothing. */
const smallest = `
extends: npm:restage/experiments/videos.yaml
params:
  count: { train: 4, val: 3, test: 3 }
  frames: 2
  epochs: 2
  imageSize: 64
`;

interface Metrics {
  readonly splits: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

const metricsOf = (project: Project, path: string): Metrics =>
  JSON.parse(project.read(path)) as Metrics;

test('from drawn videos to metrics of videos; then in a project of one’s own, where one more video is searched alone', {
  skip: withoutFfmpeg,
}, async () => {
  using project = new Project(smallest);
  const drawn = await project.run();
  assert.equal(drawn.code, 0, drawn.stdout + drawn.stderr);
  const scores = project.read('artifacts/test/video-scores/scores.csv').trimEnd().split('\n');
  assert.equal(scores.length, 1 + 6 + 6); // a line for each video of val and test
  const { splits } = metricsOf(project, 'artifacts/test/video-scores/metrics.json');
  assert.ok(typeof splits['test']!['auc'] === 'number');

  const begun = await project.command('init', '.', '--template', 'videos');
  assert.equal(begun.code, 0, begun.stderr);
  gatherVideos(project);
  const pattern = 'testsrc=size=320x240:rate=12:duration=1';
  const file = project.path('data/videos/real/pattern.mp4');
  ffmpeg('-f', 'lavfi', '-i', pattern, '-pix_fmt', 'yuv420p', file);
  const pipeline = 'pipelines/videos.yaml';
  const begins = { frames: [16, 2], minScore: [0.5, 0.3], imageSize: [96, 64], epochs: [8, 2] };
  for (const [name, [from, to]] of Object.entries(begins))
    project.edit(pipeline, `  ${name}: ${from}`, `  ${name}: ${to}`);
  const own = await project.command('run', 'videos.yaml');
  assert.equal(own.code, 0, own.stdout + own.stderr);
  assert.match(
    project.read('artifacts/videos/crops/missing.csv'),
    /^all,real,real,,real\/pattern\.mp4,,,no frame shows a face$/m,
  );

  const video = project.path('data/videos/real/train-0.mp4');
  ffmpeg('-i', video, '-vf', 'hflip', project.path('data/videos/real/more.mp4'));
  const more = await project.command('run', 'videos.yaml', '--reporter', 'json');
  assert.equal(more.code, 0, more.stdout + more.stderr);
  assert.match(more.stdout, /42 images of 44 were searched for faces before\./);

  project.edit(pipeline, '  margin: 0.3', '  margin: 0.5');
  const wider = await project.command('run', 'videos.yaml', '--reporter', 'json');
  assert.match(wider.stdout, /44 images of 44 were searched for faces before\./);
  assert.doesNotMatch(wider.stdout, /"type":"stage-started","stage":"frames"/);

  project.edit(pipeline, '  aggregate: mean', '  aggregate: max');
  const highest = await project.command('run', 'videos.yaml');
  assert.match(highest.stdout, /\n✓ videos: 2 ran, /);
});

/** Copies the clips of all splits into the folders that the template reads. */
function gatherVideos(project: Project): void {
  for (const name of ['real', 'fake']) {
    mkdirSync(project.path('data/videos', name), { recursive: true });
    for (const split of ['train', 'val', 'test']) {
      const folder = project.path('artifacts/videos/clips', split, name);
      for (const [index, file] of readdirSync(folder).sort().entries())
        cpSync(join(folder, file), project.path('data/videos', name, `${split}-${index}.mp4`));
    }
  }
  assert.ok(readFileSync(project.path('data/videos/real/train-0.mp4')).length > 1000);
}
