import assert from 'node:assert/strict';
import { chmodSync, existsSync, renameSync, symlinkSync } from 'node:fs';
import { test } from 'node:test';
import { drawVideo, pathOf, withoutFfmpeg } from './support/ffmpeg.ts';
import { Project, type RanOnce } from './support/rig.ts';
import { until } from './support/until.ts';

const skip = withoutFfmpeg;

const yaml = `
stages:
  frames:
    kind: frames
    inputs: { videos: data/videos }
    with: { take: { count: 2 } }
  dataset:
    kind: load-dataset
    inputs: { dataset: frames.dataset }
    with: { split: { train: 0.5, test: 0.5 } }
`;

/** Draws videos of both classes. They differ, so that no two have the same frames. */
function draw(project: Project, ...names: readonly string[]): void {
  for (const name of names) {
    const frames = 4 + ([...name].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % 7);
    drawVideo(project.path('data/videos', name), { frames, output: ['-c:v', 'ffv1'] });
  }
}

/** What the stage says of the videos that it did not decode; undefined if it decoded all. */
const decodedBefore = ({ events }: RanOnce): string | undefined =>
  events
    .flatMap((event) =>
      event.type === 'stage-output' && event.stage === 'frames' ? event.text : [],
    )
    .join('')
    .match(/.*decoded before\./)?.[0];

test('a new video decodes only that one, another name none, and another setting all', {
  skip,
}, async () => {
  using project = new Project(yaml);
  draw(project, 'real/a.mkv', 'real/b.mkv', 'fake/c.mkv', 'fake/d.mkv');
  const first = await project.run();
  assert.deepEqual(first.outcomes, { frames: 'ran', dataset: 'ran' });
  assert.equal(decodedBefore(first), undefined);
  assert.deepEqual((await project.run()).outcomes, { frames: 'up to date', dataset: 'up to date' });

  draw(project, 'fake/e.mkv');
  assert.equal(decodedBefore(await project.run()), '4 videos of 5 were decoded before.');
  const files = project.files('artifacts/test/frames/dataset');
  assert.equal(files.filter((name) => name.endsWith('.tar')).length, 5);
  const listed = project.read('artifacts/test/frames/dataset/all/samples.json');

  const forced = await project.run('--force', 'frames');
  assert.deepEqual([forced.outcomes['frames'], decodedBefore(forced)], ['ran', undefined]);
  assert.equal(project.read('artifacts/test/frames/dataset/all/samples.json'), listed);

  renameSync(project.path('data/videos/fake/e.mkv'), project.path('data/videos/real/f.mkv'));
  assert.equal(decodedBefore(await project.run()), '5 videos of 5 were decoded before.');
  project.edit('pipelines/test.yaml', 'count: 2', 'count: 3');
  assert.equal(decodedBefore(await project.run()), undefined);
  assert.equal((await project.command('verify')).code, 0);
  assert.equal((await project.command('gc', '--keep', '1ms', '--yes')).code, 0);
  assert.deepEqual((await project.run()).outcomes, { frames: 'up to date', dataset: 'up to date' });
});

test('a damaged object of a video is decoded again', { skip }, async () => {
  using project = new Project(yaml);
  draw(project, 'real/a.mkv', 'real/b.mkv', 'fake/c.mkv', 'fake/d.mkv');
  await project.run();
  const object = project
    .files('cache/objects')
    .map((name) => `cache/objects/${name}`)
    .find((path) => project.read(path).startsWith('00000'))!;
  project.replace(object, `${project.read(object).slice(0, -1)}x`);
  draw(project, 'fake/e.mkv');
  assert.equal(decodedBefore(await project.run()), '3 videos of 5 were decoded before.');
});

test('a run that is killed continues with the videos that it had decoded', { skip }, async () => {
  const inOrder = yaml.replace(
    'take: { count: 2 } }',
    'take: { count: 2 }, ffmpeg: ./bin/ffmpeg }\n    resources: { cpu: 1 }',
  );
  using project = new Project(inOrder, {
    'bin/ffmpeg':
      '#!/bin/sh\ncase "$*" in *slow*) [ -e open ] || { touch reached; read line < gate; };; esac\nexec ffmpeg "$@"\n',
  });
  chmodSync(project.path('bin/ffmpeg'), 0o755);
  symlinkSync(pathOf('ffprobe'), project.path('bin/ffprobe'));
  project.gate('gate');
  draw(project, 'real/a.mkv', 'real/b.mkv', 'fake/slow-c.mkv', 'fake/slow-d.mkv');
  const run = project.startRun();
  await until(() => existsSync(project.path('reached')));
  run.child.kill('SIGKILL');
  await run.ended;
  assert.equal(existsSync(project.path('artifacts/test/frames')), false);
  // What the killed run started may still wait at the gate for a moment.
  project.write('open', '');
  const again = await project.run();
  assert.deepEqual(again.outcomes, { frames: 'ran', dataset: 'ran' });
  assert.equal(decodedBefore(again), '2 videos of 4 were decoded before.');
});

test('another version of ffmpeg takes the frames again', { skip }, async () => {
  const wrapped = yaml.replace(
    'take: { count: 2 } }',
    'take: { count: 2 }, ffmpeg: ./bin/ffmpeg }',
  );
  const wrapper = (version: string) =>
    `#!/bin/sh\n[ "$1" = -version ] && exec echo "ffmpeg version ${version}"\nexec ffmpeg "$@"\n`;
  using project = new Project(wrapped, { 'bin/ffmpeg': wrapper('7.0') });
  chmodSync(project.path('bin/ffmpeg'), 0o755);
  symlinkSync(pathOf('ffprobe'), project.path('bin/ffprobe'));
  draw(project, 'real/a.mkv', 'fake/b.mkv', 'real/c.mkv', 'fake/d.mkv');
  await project.run();
  project.write('bin/ffmpeg', wrapper('7.1'));
  const again = await project.run();
  assert.deepEqual([again.outcomes['frames'], decodedBefore(again)], ['ran', undefined]);
});

test('images of a data set get the splits of load-dataset, and keep their videos', {
  skip,
}, async () => {
  using project = new Project(yaml);
  draw(project, 'real/a.mkv', 'real/b.mkv', 'fake/swap/c.mkv', 'fake/swap/d.mkv');
  await project.run();
  const samples = ['train', 'test'].flatMap((split) =>
    JSON.parse(project.read(`artifacts/test/dataset/dataset/${split}/samples.json`)).map(
      (sample: { video: string; frame: number; group: string; class: string; source: string }) => {
        const { video, frame, group, class: name, source } = sample;
        return { split, video, frame, isOwnGroup: group === video, name, source };
      },
    ),
  );
  assert.equal(samples.length, 8);
  for (const split of ['train', 'test'])
    assert.equal(
      new Set(samples.filter((sample) => sample.split === split).map(({ video }) => video)).size,
      2,
    );
  assert.ok(samples.every(({ isOwnGroup, frame }) => isOwnGroup && Number.isInteger(frame)));
  assert.deepEqual([...new Set(samples.map(({ name, source }) => `${name} ${source}`))].sort(), [
    'fake fake/swap',
    'real real',
  ]);
});

test('without ffmpeg the plan says which package to install', async () => {
  using project = new Project(yaml, { 'data/videos/real/a.mkv': '' });
  project.env['PATH'] = project.path('bin');
  const { code, stderr } = await project.command('plan');
  assert.equal(code, 1, stderr);
  assert.match(
    stderr,
    /there is no ffmpeg on the PATH\. Install the package ffmpeg: `apt-get install ffmpeg`/,
  );
});
