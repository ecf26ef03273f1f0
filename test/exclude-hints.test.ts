import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HostedProject as Project } from './support/hosted-project.ts';

const withStage = (rest: string) => `stages:
  faces:
    kind: load-dataset
${rest}`;

test('an input that stands among the settings, and a setting among the inputs, are sent to the right key', async () => {
  using project = new Project(
    withStage(`    inputs: { images: ./photos, seed: 3 }
    with: { classes: { real: [real], fake: [fake] }, exclude: ./exclude.csv }
`),
    { 'photos/real/a.jpg': '', 'exclude.csv': 'path,label\n' },
  );
  const { stderr, code } = await project.command('plan', 'test.yaml');
  assert.equal(code, 1);
  assert.match(
    stderr,
    /error: Unknown key "exclude" in "with"[\s\S]*?\n {2}It is an input: inputs: \{ exclude: … \}\n/,
  );
  assert.match(stderr, /has no input "seed"[\s\S]*?\n {2}It is a setting: with: \{ seed: … \}\n/);
});

test('a list to exclude is written as docs/serve.md says', async () => {
  using project = new Project(
    withStage(`    inputs: { images: ./photos, exclude: exclude.csv }
    with: { classes: { real: [real], fake: [fake] } }
`),
    { 'photos/real/a.jpg': '', 'exclude.csv': 'path,label\n' },
  );
  const { stderr } = await project.command('plan', 'test.yaml');
  assert.match(stderr, /\n {2}Write "\.\/exclude\.csv" for the file in the project's root\.\n/);
  project.edit('pipelines/test.yaml', 'exclude: exclude.csv', 'exclude: ./exclude.csv');
  assert.doesNotMatch((await project.command('plan', 'test.yaml')).stderr, /exclude/);
});
