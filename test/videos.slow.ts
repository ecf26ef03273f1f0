import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { csvRecords } from '../src/csv.ts';
import { ffmpeg, withoutFfmpeg } from './support/ffmpeg.ts';
import { endOf, Project } from './support/rig.ts';

/** The experiment on drawn videos, as small as possible: its numbers mean nothing. */
const smallest = `
extends: npm:restage/experiments/videos.yaml
params:
  people: { train: 4, val: 2, test: 3 }
  frames: 2
  epochs: 2
  imageSize: 64
`;

/** The project in which the drawn videos were scored; the stories share its videos. */
let drawn: Project;
before(async () => {
  drawn = new Project(smallest);
  if (withoutFfmpeg) return;
  const { code, stdout, stderr } = await drawn.run();
  assert.equal(code, 0, stdout + stderr);
});
after(() => drawn[Symbol.dispose]());

/** The rows of a CSV file of a project, by their columns. */
function rowsOf(project: Project, path: string): readonly Readonly<Record<string, string>>[] {
  const [header, ...records] = [...csvRecords(project.read(path))];
  return records.map(({ fields }) =>
    Object.fromEntries(header!.fields.map((name, i) => [name, fields[i]!])),
  );
}

/** What a command says besides its progress, of which a busy machine shows more. */
async function predictMessages(...words: readonly string[]) {
  const { code, stdout, stderr } = await drawn.command(...words);
  return { code, stdout, stderr: stderr.replaceAll(/^… .*\n/gm, '') };
}

test('from drawn videos to metrics of videos, and a new video is scored as evaluate scores it', {
  skip: withoutFfmpeg,
}, async () => {
  const known = rowsOf(drawn, 'artifacts/test/video-scores/scores.csv');
  assert.equal(known.length, 4 + 6); // a line for each video of val and test
  const { splits } = JSON.parse(drawn.read('artifacts/test/video-scores/metrics.json'));
  assert.equal(typeof splits.test.auc, 'number');
  const clips = 'artifacts/videos/clips/test';
  const { code, stdout, stderr } = await predictMessages(
    'predict',
    'test.yaml',
    clips,
    '--frames',
    'take: { count: 2 }',
  );
  assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
  assert.match(
    stdout,
    /^Faces are cut as for the training: minScore 0\.3, minSize 32, pick track, align\.landmarks 68, align\.size 128, align\.margin 0\.3\.\n/m,
  );
  assert.match(
    stdout,
    /\nWrote scores\.csv, summary\.json, sheet, frames\.csv, timeline and missing\.csv in predicted\n$/,
  );
  const scored = rowsOf(drawn, 'predicted/scores.csv');
  assert.deepEqual(
    scored.map(({ key }) => `test/${key}`).sort(),
    known.flatMap(({ key, split }) => (split === 'test' ? [key!] : [])).sort(),
  );
  for (const { key, 'probability.fake': fake } of scored) {
    const expected = known.find((row) => row['key'] === `test/${key}`)!['probability.fake'];
    assert.ok(Math.abs(Number(fake) - Number(expected)) < 1e-5, `${key}: ${fake}, ${expected}`);
  }

  // Nobody asks whether the folder beside this one holds another class.
  const oneClass = join(clips, 'real');
  const model = 'artifacts/test/fit/model';
  const whole = ['predict', model, oneClass, '--whole', '--out', 'whole', '--aggregate', 'max'];
  const frames = await predictMessages(...whole);
  assert.deepEqual(
    [frames.code, frames.stderr],
    [
      0,
      'warning: The model was trained on faces that were cut out of their images. Whole frames are scored.\n',
    ],
  );
  assert.equal(rowsOf(drawn, 'whole/frames.csv').length, 3 * 10); // clips of 10 frames have no 16
});

test('videos without a face, damaged ones and folders with pictures beside them are named', {
  skip: withoutFfmpeg,
}, async () => {
  const pattern = 'testsrc=size=320x240:rate=12:duration=1';
  ffmpeg('-f', 'lavfi', '-i', pattern, '-pix_fmt', 'yuv420p', drawn.path('odd/pattern.mp4'));
  writeFileSync(drawn.path('odd/damaged.mp4'), 'no video');
  const faceless = await predictMessages('predict', 'test.yaml', 'odd', '--out', 'none');
  assert.equal(faceless.code, 0, faceless.stderr);
  assert.equal(
    faceless.stderr,
    `warning: Left out 1 of 2 videos that cannot be decoded, such as damaged.mp4: it is no video, or it is cut short.
warning: No frame shows a face of 32 pixels with a score of 0.3 or more that can be cut, so no video has a score; missing.csv says why. More frames may show one, as by --frames "every: 1". --whole scores whole frames.
`,
  );
  assert.match(faceless.stdout, /^damaged\.mp4 +it is no video, or it is cut short +0$/m);
  assert.match(faceless.stdout, /^pattern\.mp4 +no frame shows a face +0$/m);
  assert.equal(
    drawn.read('none/scores.csv'),
    `key,split,probability.real,probability.fake,video
damaged.mp4,new,,,damaged.mp4
pattern.mp4,new,,,pattern.mp4
`,
  );
  assert.match(
    drawn.read('none/missing.csv'),
    /^all,video,video,,pattern\.mp4,,,no frame shows a face$/m,
  );
  assert.match(drawn.read('none/timeline/chart.svg'), /No video has an image\./);
  const picture = drawn.path('blank/picture.png');
  ffmpeg('-f', 'lavfi', '-i', 'color=size=320x240:duration=1', '-frames:v', '1', picture);
  const blank = await predictMessages('predict', 'test.yaml', 'blank', '--faces', '--out', 'no');
  assert.equal(
    blank.stderr,
    'error: None of the images shows a face of 32 pixels with a score of 0.3 or more that can be cut. --whole scores them as they are.\n',
  );
  assert.ok(!drawn.has('no'));
  const clips = drawn.path('artifacts/videos/clips/test/real');
  cpSync(join(clips, readdirSync(clips).sort()[0]!), drawn.path('odd/face.mp4'));
  const { code, stdout, stderr } = await predictMessages(
    'predict',
    'test.yaml',
    'odd',
    '--out',
    'mixed',
  );
  assert.equal(code, 0, stderr);
  assert.match(
    stderr,
    /^warning: Left out 1 of 3 videos that cannot be decoded, such as damaged\.mp4: /,
  );
  assert.match(stdout, /^pattern\.mp4 +no frame shows a face +0$/m);
  assert.deepEqual(
    rowsOf(drawn, 'mixed/scores.csv').map(({ key, 'probability.fake': fake }) => [
      key,
      fake !== '',
    ]),
    [
      ['face.mp4', true],
      ['damaged.mp4', false],
      ['pattern.mp4', false],
    ],
  );
});

/** What a change makes run: the stages that ran, and what the two with parts restored. */
interface Rerun {
  readonly ran: readonly string[];
  readonly decoded?: string;
  readonly searched?: string;
}

test('in a project of one’s own one more video is searched alone, a margin only cuts, and an aggregate only scores videos', {
  skip: withoutFfmpeg,
}, async () => {
  using project = new Project('stages: {}\n');
  const begun = await project.command('init', '.', '--template', 'videos');
  assert.equal(begun.code, 0, begun.stderr);
  gatherVideos(project);
  const pipeline = 'pipelines/videos.yaml';
  const begins = { frames: [16, 2], minScore: [0.5, 0.3], imageSize: [96, 64], epochs: [8, 2] };
  for (const [name, [from, to]] of Object.entries(begins))
    project.edit(pipeline, `  ${name}: ${from}`, `  ${name}: ${to}`);
  const rerun = async (): Promise<Rerun> => {
    const { code, outcomes, stdout, stderr } = await endOf(
      project.start('run', 'videos.yaml', '--reporter', 'json'),
    );
    assert.equal(code, 0, stdout + stderr);
    const decoded = /\d+ videos? of \d+ were decoded before/.exec(stdout)?.[0];
    const searched = /\d+ images? of \d+ were searched for faces before/.exec(stdout)?.[0];
    return {
      ran: Object.keys(outcomes).filter((stage) => outcomes[stage] === 'ran'),
      ...(decoded !== undefined && { decoded }),
      ...(searched !== undefined && { searched }),
    };
  };
  const afterFrames = ['crops', 'faces', 'audit', 'fit', 'frame-scores', 'video-scores', 'roc'];
  const sorted = ({ ran, ...parts }: Rerun) => ({ ran: ran.toSorted(), ...parts });
  assert.deepEqual(sorted(await rerun()), { ran: ['frames', ...afterFrames].sort() });
  assert.deepEqual(await rerun(), { ran: [] });

  const [first] = readdirSync(project.path('data/videos/real')).sort();
  const video = project.path('data/videos/real', first!);
  ffmpeg('-i', video, '-vf', 'hflip', project.path('data/videos/real/more.mp4'));
  assert.deepEqual(sorted(await rerun()), {
    ran: ['frames', ...afterFrames].sort(),
    decoded: '18 videos of 19 were decoded before',
    searched: '36 images of 38 were searched for faces before',
  });
  project.edit(pipeline, '  margin: 0.3', '  margin: 0.5');
  assert.deepEqual(sorted(await rerun()), {
    ran: afterFrames.toSorted(),
    searched: '38 images of 38 were searched for faces before',
  });
  project.edit(pipeline, '  aggregate: mean', '  aggregate: max');
  assert.deepEqual(sorted(await rerun()), { ran: ['roc', 'video-scores'] });

  // The template's line keeps a swap in one split with its target and its donor.
  project.edit(pipeline, '# group:', 'group:');
  const grouped = await project.command('run', 'videos.yaml', 'faces');
  assert.equal(grouped.code, 0, grouped.stderr);
  const splits = splitOfVideos(project, 'artifacts/videos/faces/dataset');
  const swaps = [...splits.keys()].filter((video) => video.startsWith('fake/'));
  assert.equal(swaps.length, 9);
  for (const swap of swaps) {
    const people = swap.match(/\d+/g)!.slice(0, 2);
    assert.equal(people.length, 2, swap);
    for (const person of people)
      assert.equal(splits.get(`real/${person}.mp4`), splits.get(swap), `${person} of ${swap}`);
  }
});

/** The split of each video of a data set. */
function splitOfVideos(project: Project, dataset: string): ReadonlyMap<string, string> {
  const splits = new Map<string, string>();
  for (const split of ['train', 'val', 'test']) {
    const samples = JSON.parse(project.read(`${dataset}/${split}/samples.json`)) as {
      readonly video: string;
    }[];
    for (const { video } of samples) splits.set(video, split);
  }
  return splits;
}

/** Copies the drawn clips of all splits into the folders that the template reads. */
function gatherVideos(project: Project): void {
  for (const name of ['real', 'fake']) {
    mkdirSync(project.path('data/videos', name), { recursive: true });
    for (const split of ['train', 'val', 'test']) {
      const folder = drawn.path('artifacts/videos/clips', split, name);
      for (const file of readdirSync(folder))
        cpSync(join(folder, file), project.path('data/videos', name, file));
    }
  }
  assert.ok(readFileSync(project.path('data/videos/real/00000.mp4')).length > 1000);
}
