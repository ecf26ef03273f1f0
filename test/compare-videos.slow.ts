import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatScores, type ScoreRow } from '../src/learning/metrics/scores/scores-file.ts';
import { Random } from '../src/random.ts';
import { Project } from './support/rig.ts';

const classes = ['real', 'fake'];

/** Two videos of each of ten people, four frames each; a better model separates classes more. */
function scoresOf(model: string, distance: number, groupOf: (person: number) => string): string {
  const random = new Random('frames', model);
  const rows = Array.from({ length: 20 }, (_, index) => {
    const label = index % 2;
    const video = `${classes[label]}/${index}.mp4`;
    const ofVideo = random.normal();
    return Array.from({ length: 4 }, (_, frame): ScoreRow => {
      const logit = distance * (label - 0.5) + ofVideo + 0.3 * random.normal();
      return {
        key: `${video}/${frame}`,
        split: 'test',
        label,
        scores: [0, logit],
        group: groupOf(Math.floor(index / 2)),
        video,
      };
    });
  });
  const unscored = [{ split: 'test', label: 1, video: 'fake/none.mp4', group: 'none' }];
  return formatScores({ classes, names: classes, scale: 'logits', rows: rows.flat(), unscored });
}

const pipelineOf = (model: string, settings: string) => `
stages:
  scores:
    kind: evaluate
    inputs: { scores: scores/${model}.csv }
    with: { splits: [test], draws: 0${settings} }
`;

function projectWith(groupOf: (person: number) => string): Project {
  const files = { weak: 1, strong: 3 };
  return new Project('stages: {}\n', {
    ...Object.fromEntries(
      Object.entries(files).flatMap(([model, distance]) => [
        [`scores/${model}.csv`, scoresOf(model, distance, groupOf)],
        [`pipelines/${model}.yaml`, pipelineOf(model, '')],
      ]),
    ),
    'pipelines/joined.yaml': pipelineOf('strong', ', by: video'),
  });
}

interface Paired {
  readonly unit: string;
  readonly images: number;
  readonly pairs: readonly { readonly auc: { readonly p: number; readonly test: string } }[];
  readonly problem?: string;
}

test('compare joins scores by video where it is asked to, and tests frames and videos beside each other', async () => {
  using project = projectWith((person) => `person ${person}`);
  for (const name of ['weak', 'strong', 'joined']) {
    const { code, stdout } = await project.command('run', `${name}.yaml`);
    assert.equal(code, 0, stdout);
  }
  const compared = async (...words: string[]): Promise<readonly Paired[]> => {
    const { code, stdout, stderr } = await project.command('compare', ...words, '--json');
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout).paired;
  };
  const sizes = (paired: readonly Paired[]) =>
    paired.map(({ unit, images, problem }) => problem ?? `${images} ${unit}s`);
  assert.deepEqual(sizes(await compared('weak.yaml', 'strong.yaml')), ['80 images']);
  const both = await compared('weak.yaml', 'strong.yaml', '--by', 'video');
  assert.deepEqual(sizes(both), ['80 images', '21 videos']);
  const excluded = ['--by', 'video', '--missing', 'excluded', '--aggregate', '{ top: 2 }'];
  const few = await compared('weak.yaml', 'strong.yaml', ...excluded);
  assert.deepEqual(sizes(few), ['80 images', '20 videos']);
  assert.deepEqual(sizes(await compared('weak.yaml', 'joined.yaml', '--by', 'video')), [
    '21 videos',
  ]);
  assert.deepEqual(sizes(await compared('weak.yaml', 'joined.yaml')), [
    'some scores are of images and others of videos, which `--by video` joins from images',
  ]);
  const { stdout } = await project.command('compare', 'weak.yaml', 'strong.yaml', '--by', 'video');
  assert.match(stdout, /^scores: differences on test, image by image \(80 images\)$/m);
  assert.match(stdout, /^scores: differences on test, video by video \(21 videos\)$/m);

  const refused = async (...words: string[]) =>
    (await project.command('compare', 'weak.yaml', 'strong.yaml', ...words)).stderr;
  assert.equal(await refused('--aggregate', 'max'), 'error: --aggregate needs --by video\n');
  assert.equal(
    await refused('--by', 'video', '--missing', 'half'),
    'error: --missing: expected 0.5, wrong or excluded, got "half"\n',
  );
});

test('paired tests exchange people where groups are people', async () => {
  const testsWith = async (groupOf: (person: number) => string) => {
    using project = projectWith(groupOf);
    for (const name of ['weak', 'strong']) await project.command('run', `${name}.yaml`);
    const { stdout } = await project.command(
      'compare',
      'weak.yaml',
      'strong.yaml',
      '--by',
      'video',
      '--json',
    );
    const paired: readonly Paired[] = JSON.parse(stdout).paired;
    return paired.map(({ unit, pairs: [pair] }) => [unit, pair!.auc.test, pair!.auc.p]);
  };
  const people = await testsWith((person) => `person ${person}`);
  const few = await testsWith((person) => `person ${person % 3}`);
  for (const [unit, name, p] of few) {
    assert.deepEqual([unit, name], [unit, 'group-exchange']);
    assert.ok(Number(p) >= 2 / 2 ** 4, `${unit}: three people and one more allow no p of ${p}`);
  }
  assert.deepEqual(
    people.map(([unit, name]) => [unit, name]),
    [
      ['image', 'group-exchange'],
      ['video', 'group-exchange'],
    ],
  );
  assert.ok(Number(people[1]![2]) < 0.05, `ten people show the difference: ${people[1]![2]}`);
});
