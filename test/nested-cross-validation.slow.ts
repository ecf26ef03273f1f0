import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { test } from 'node:test';
import sharp from 'sharp';
import { Random } from '../src/random.ts';
import { Project } from './support/rig.ts';

const splits = ['train', 'val', 'test'];
const classes = ['real', 'fake'];
const imagesOfEach = 4;

/** The shipped pipeline with two folds of each sort and two candidates, on a folder of the test. */
const nested = `extends: npm:restage/experiments/nested-cross-validation.yaml
params:
  images: ./photos
  outerFolds: 2
  innerFolds: 2
  epochs: 1
  batchSize: 8
  imageSize: 32
  cpu: 1
  candidates: { learningRate: { logUniform: [0.0003, 0.03] }, width: { choice: [8, 16] }, count: 2, seed: 1 }
`;

/** Grainy images; those of the second class are redder. */
async function draw(project: Project, path: string, seed: number): Promise<void> {
  const random = new Random(path, seed);
  const label = path.includes('/fake/') ? 1 : 0;
  const pixels = Buffer.from(
    Array.from(
      { length: 48 * 48 * 3 },
      (_, i) => random.integer(160) + (i % 3 === 0 ? 80 * label : 0),
    ),
  );
  const png = await sharp(pixels, { raw: { width: 48, height: 48, channels: 3 } })
    .png()
    .toBuffer();
  mkdirSync(dirname(project.path(path)), { recursive: true });
  writeFileSync(project.path(path), png);
}

/** The paths of the images in a split of a data set that a stage published. */
const pathsIn = (project: Project, stage: string, split: string): readonly string[] =>
  (
    JSON.parse(
      readFileSync(project.path(`artifacts/test/${stage}/dataset/${split}/samples.json`), 'utf8'),
    ) as readonly { readonly path: string }[]
  ).map(({ path }) => path);

test('nested cross-validation never sees the outer fold: other images in it leave the choice up to date', async () => {
  using project = new Project(nested);
  const names = splits.flatMap((split) =>
    classes.flatMap((name) =>
      Array.from({ length: imagesOfEach }, (_, i) => `photos/${split}/${name}/${i}.png`),
    ),
  );
  for (const name of names) await draw(project, name, 1);
  const first = await project.run();
  assert.equal(first.code, 0, first.stdout + first.stderr);

  const outerFold = pathsIn(project, 'outer@outer=1', 'test');
  assert.equal(outerFold.length, names.length / 2);
  for (const inner of [1, 2]) {
    const seen = ['train', 'val'].flatMap((split) =>
      pathsIn(project, `inner@inner=${inner},outer=1`, split),
    );
    assert.equal(seen.length, names.length / 2);
    assert.deepEqual(
      seen.filter((path) => outerFold.includes(path)),
      [],
    );
  }

  for (const path of outerFold) await draw(project, `photos/${path}`, 2);
  const second = await project.run();
  assert.equal(second.code, 0, second.stdout + second.stderr);
  const { outcomes } = second;
  const ofFold = (fold: number) =>
    Object.entries(outcomes).filter(([name]) => name.includes(`outer=${fold}`));
  const upToDate = ofFold(1).filter(([, outcome]) => outcome === 'up to date');
  const ran = ofFold(1).filter(([, outcome]) => outcome === 'ran');
  assert.deepEqual(
    ran.map(([name]) => name).sort(),
    ['outer[outer=1]', 'tests[chosen=1,outer=1]'],
    'only the stages that make and test the fold',
  );
  // inner 2, fit 2 x 2, scores 2 x 2, best, final.
  assert.equal(upToDate.length, 12, JSON.stringify(ofFold(1)));
  const choosing = ofFold(2).filter(([name]) => /^(inner|fit|scores|best)\[/.test(name));
  const changed = choosing.filter(([name]) => /^(inner|fit|scores)\[/.test(name));
  assert.deepEqual(
    changed.filter(([, outcome]) => outcome !== 'ran'),
    [],
    'the other fold learns from these images',
  );
});
