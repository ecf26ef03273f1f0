import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Project } from './support/rig.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The study with all its stages, as small as possible: its numbers mean nothing. */
const smallest = `
extends: npm:restage/study-photographs.yaml
params:
  count: { train: 20, val: 8, test: 12 }
  size: 96
  seeds: [7]
  simpleNet: { imageSize: 58, epochs: 1, learningRate: 0.001 }
  myNet: { imageSize: 256, epochs: 1, learningRate: 0.0005 }
  faceResNet: { imageSize: 64, epochs: 1, batchSize: 16, learningRate: 0.0002 }
  faceResNetSynthetic: { epochs: 1 }
`;

/** The parts of the page that stand on the scores of single classifiers. */
const parts = [
  ...['simple-net', 'residual-statistics', 'frozen-face-resnet'].flatMap((part) => [
    `${part}-fakes/scores`,
    `${part}-synthetic/scores`,
  ]),
  ...['fakes', 'synthetic'].flatMap((set) => [
    `simple-net-${set}/trends`,
    `simple-net-${set}/curves`,
  ]),
  'residual-statistics-fakes/across',
  'residual-statistics-synthetic/across',
  'facts',
  'settings',
  'competition',
  'seen',
];

test('the page of the study is made of the parts that are complete, and again of its scores alone, without the images', async (t) => {
  using project = new Project(smallest, { 'pipelines/study-photographs.yaml': smallest });
  project.remove('pipelines/test.yaml'); // publishes at the same paths
  project.env['XDG_CONFIG_HOME'] = project.path('config');
  const env = { ...process.env, ...project.env };
  const run = await project.command('run', 'study-photographs.yaml', ...parts);
  assert.equal(run.code, 0, run.stderr);
  const clone = temporaryFolder(t);
  mkdirSync(join(clone, 'docs'));
  symlinkSync(join(root, 'bin'), join(clone, 'bin'));
  const script = join(root, 'scripts/write-study-page.mjs');
  execFileSync(process.execPath, [script, project.root, join(clone, 'docs')], { env });

  const page = readFileSync(join(clone, 'docs/study.md'), 'utf8');
  assert.doesNotMatch(page, /\{\{|undefined|NaN/);
  assert.match(
    page,
    /The classifier that is best on\nvalidation has a test AUC of .* on deepfakes \(`[\w-]+`, of 5; not identity-disjoint\)/,
  );
  assert.match(page, /2\. \*\*(What is learned on one set is lost|A loss from one set)/);
  assert.match(page, /experiments\/collapse-study\.yaml`, which is not complete\./);
  assert.doesNotMatch(page, /## Would more images help/);
  assert.match(page, /\| `SimpleNet` \| \d\.\d{3} \(\d\.\d{3} to \d\.\d{3}\) \|/);
  assert.match(
    page,
    /on \d+ deepfakes and \d+ images of the synthetic set in which a detector finds a face/,
  );
  assert.match(page, /\| eyes: of the pixels \|( \d+\.\d % \|){4}/);
  assert.match(page, /### The competition[\s\S]*\| 1 \| \w+ \|/);
  const files = readFileSync(join(clone, 'docs/study/study-files.csv'), 'utf8').split('\n');
  assert.equal(files.length, 1 + 2 * 2 * (20 + 8 + 12) + 1);
  assert.match(files[1]!, /^fakes,train,\w+,train\/\S+\.jpg,[0-9a-f]{64}$/);

  const again = join(clone, 'again');
  execFileSync('sh', [join(clone, 'docs/study/again.sh'), again], { env });
  const made = 'artifacts/study-docs-page';
  for (const table of ['text/document/study.md', 'tests-fakes/tests.csv', 'widths.csv'])
    assert.equal(readFileSync(join(again, made, table), 'utf8'), project.read(join(made, table)));
});
