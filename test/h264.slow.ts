import assert from 'node:assert/strict';
import { chmodSync, mkdirSync } from 'node:fs';
import { test } from 'node:test';
import sharp from 'sharp';
import { csvRecords } from '../src/csv.ts';
import { openDataset } from '../src/learning/vision/dataset/open-dataset.ts';
import { drawVideo, ffmpeg, frameOfLevel, pathOf, withoutFfmpeg } from './support/ffmpeg.ts';
import { Project } from './support/rig.ts';
import { writeUntrainedModel } from './support/untrained-model.ts';

const skip = withoutFfmpeg;

/** Frames of clips, and of the same clips encoded again, which a model scores. */
const clips = `
stages:
  frames: { kind: frames, inputs: { videos: ./videos }, with: { take: { count: 4 } } }
  recoded:
    kind: frames
    matrix: { crf: [1, 40] }
    inputs: { videos: ./videos }
    with: { take: { count: 4 }, h264: "\${matrix.crf}" }
  scores:
    kind: evaluate
    inputs: { model: ./model, dataset: frames.dataset }
    with: { splits: [all], draws: 0 }
  recodedScores:
    kind: evaluate
    inputs: { model: ./model, dataset: recoded.dataset }
    with: { splits: [all], draws: 0 }
  robustness:
    kind: robustness
    inputs: { unchanged: scores.scores, changed: [recodedScores.scores] }
    with: { split: all, by: video, titles: { crf: "H.264, constant rate factor" } }
`;

/** Runs every stage of a project, none of which fails. */
async function runWhole(project: Project): Promise<void> {
  const { outcomes, messages } = await project.run();
  assert.deepEqual(new Set(Object.values(outcomes)), new Set(['ran']), JSON.stringify(messages));
}

/** The frames of a data set of videos: their keys, and the mean level and deviation of each. */
async function framesOf(project: Project, stage: string) {
  using dataset = openDataset(project.path('artifacts/test', stage, 'dataset'));
  const split = dataset.split('all');
  const frames = split.samples.map(async ({ key, time, width, height }, i) => {
    const { channels } = await sharp(await split.read(i)).stats();
    return { key, time, width, height, level: channels[0]!.mean, spread: channels[0]!.stdev };
  });
  return await Promise.all(frames);
}

test('the same frames of clips before and after H.264 are compared by paired tests', {
  skip,
}, async () => {
  using project = new Project(clips);
  await writeUntrainedModel(project.path('model'));
  for (const [i, name] of ['real/a', 'real/b', 'real/c', 'fake/d', 'fake/e', 'fake/f'].entries()) {
    const pattern = `testsrc2=size=96x80:rate=10:duration=2,hue=h=${40 * i}`;
    const noise = ['-vf', 'noise=alls=12:all_seed=7', '-pix_fmt', 'yuv420p', '-c:v', 'ffv1'];
    ffmpeg('-f', 'lavfi', '-i', pattern, ...noise, project.path('videos', `${name}.mkv`));
  }
  // Grey frames name their numbers; odd sides, frames of uneven times, and none that repeats.
  drawVideo(project.path('videos/real/grey.mkv'), {
    frames: 8,
    size: '65x47',
    filter: "setpts='if(lt(N,3),N*0.1,N-2)/TB'",
    output: ['-c:v', 'ffv1', '-fps_mode', 'passthrough'],
  });
  await runWhole(project);
  const [unchanged, fine, coarse] = await Promise.all(
    ['frames', 'recoded@crf=1', 'recoded@crf=40'].map((stage) => framesOf(project, stage)),
  );
  const places = (frames: Awaited<ReturnType<typeof framesOf>>) =>
    frames.map(({ key, time, width, height }) => ({ key, time, width, height }));
  assert.deepEqual(places(fine!), places(unchanged!));
  assert.deepEqual(places(coarse!), places(unchanged!));
  const isGrey = ({ key }: { readonly key: string }) => key.includes('grey');
  const numbers = fine!.filter(isGrey).map(({ level }) => Math.round(frameOfLevel(level)));
  assert.deepEqual(numbers, [1, 3, 5, 7]);
  assert.deepEqual(
    fine!.filter(isGrey).map(({ time }) => time),
    [0.1, 1, 3, 5],
  );
  // What is left of the noise says which of them lost more.
  const spread = (frames: Awaited<ReturnType<typeof framesOf>>) =>
    frames.filter((frame) => !isGrey(frame)).reduce((sum, frame) => sum + frame.spread, 0);
  assert.ok(spread(coarse!) < spread(fine!) && spread(fine!) <= 1.01 * spread(unchanged!));
  const [header, ...rows] = csvRecords(project.read('artifacts/test/robustness/table.csv'));
  const columns = ['axis', 'strength', 'images'].map((name) => header!.fields.indexOf(name));
  assert.deepEqual(
    rows.map(({ fields }) => columns.map((column) => fields[column])),
    [
      ['crf', '1', '7'],
      ['crf', '40', '7'],
    ],
  );
  assert.match(project.read('artifacts/test/robustness/chart/chart.vl.json'), /constant rate/);
});

/** Single images, as clips of one frame. */
const images = `
stages:
  faces: { kind: load-dataset, inputs: { images: ./photos }, with: { splits: [test] } }
  scores:
    kind: evaluate
    inputs: { model: ./model, dataset: faces.dataset }
    with: { splits: [test], draws: 0 }
  encoded:
    kind: evaluate
    matrix: { crf: [23, 51] }
    inputs: { model: ./model, dataset: faces.dataset }
    with: { splits: [test], draws: 0, mistakes: true, corrupt: { h264: "\${matrix.crf}" } }
  measured:
    kind: features
    inputs: { dataset: faces.dataset }
    with: { splits: [test], of: [dct], corrupt: { h264: 40 } }
  robustness:
    kind: robustness
    inputs: { unchanged: scores.scores, changed: [encoded.scores] }
`;

/** Says that it has another version, and does what the real one does. */
const wrapper = (version: string) =>
  `#!/bin/sh\n[ "$1" = -version ] && exec echo "$(basename "$0") version ${version}"\nexec "${pathOf('ffmpeg')}" "$@"\n`;

function install(project: Project, text: string): void {
  for (const name of ['ffmpeg', 'ffprobe']) {
    project.write(`bin/${name}`, text);
    chmodSync(project.path('bin', name), 0o755);
  }
}

test('H.264 of single images counts the version of ffmpeg, and only where it is asked for', {
  skip,
}, async () => {
  using project = new Project(images);
  await writeUntrainedModel(project.path('model'));
  for (const name of ['real', 'fake']) {
    mkdirSync(project.path('photos/test', name), { recursive: true });
    for (let i = 0; i < 2; i += 1) {
      const noise = { type: 'gaussian' as const, mean: name === 'real' ? 90 : 140, sigma: 30 };
      const background = { r: 0, g: 0, b: 0 };
      await sharp({ create: { width: 61, height: 60, channels: 3, background, noise } })
        .png()
        .toFile(project.path('photos/test', name, `${i}.png`));
    }
  }
  project.env['PATH'] = `${project.path('bin')}:/usr/bin:/bin`;
  install(project, wrapper('7.0'));
  await runWhole(project);
  const scoresOf = (stage: string) => project.read(`artifacts/test/${stage}/scores.csv`);
  assert.notEqual(scoresOf('encoded@crf=23'), scoresOf('scores'));
  assert.notEqual(scoresOf('encoded@crf=51'), scoresOf('encoded@crf=23'));

  install(project, wrapper('7.1.2'));
  assert.deepEqual((await project.run()).outcomes, {
    faces: 'up to date',
    scores: 'up to date',
    'encoded[crf=23]': 'ran',
    'encoded[crf=51]': 'ran',
    measured: 'ran',
    robustness: 'up to date',
  });

  install(project, wrapper('7.2').replace('exec "', '[ "$2" = -h ] && exit 0\nexec "'));
  const unable = await project.command('plan');
  assert.match(
    unable.stderr,
    /\/bin\/ffmpeg cannot encode H\.264, since it was built without libx264\. Install the package ffmpeg: /,
  );

  project.env['PATH'] = project.path('empty');
  const missing = await project.command('plan');
  assert.equal(missing.code, 1);
  assert.match(
    missing.stderr,
    /Expected the program ffmpeg, by which `h264` encodes images, but there is no ffmpeg on the PATH\. Install the package ffmpeg: `apt-get install ffmpeg`/,
  );
  project.edit('pipelines/test.yaml', '{ h264: "${matrix.crf}" }', '{ jpeg: "${matrix.crf}" }');
  project.edit('pipelines/test.yaml', 'corrupt: { h264: 40 }', 'corrupt: { jpeg: 40 }');
  assert.equal((await project.command('plan')).code, 0, 'nothing else needs ffmpeg');
});
