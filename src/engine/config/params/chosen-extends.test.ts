import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shownMistakes, stageOf, TestProject, value } from '../testing-kinds.ts';

const stages = `stages:
  faces: { kind: load, inputs: { images: data/ } }
  fit: { kind: train, inputs: { dataset: faces.dataset }, with: { epochs: "\${params.epochs}" } }
`;

const groups = {
  'pipelines/sizes/small.yaml': 'params: { epochs: 2 }\n',
  'pipelines/sizes/large.yaml': 'params: { epochs: 20 }\n',
  'pipelines/p.yaml': `extends: "sizes/\${params.size}.yaml"\nparams: { size: small }\n${stages}`,
};

test('a parameter chooses the file that a pipeline extends, and a plan can say so', async () => {
  using project = new TestProject(groups);
  const small = value(await project.load());
  assert.equal(stageOf(small, 'fit').settings['epochs'], 2);
  assert.deepEqual(small.warnings, [], 'the parameter is read');
  assert.deepEqual(small.changes, [
    { name: 'extends', value: 'sizes/small.yaml', from: 'params.size "small"' },
  ]);
  const large = value(await project.load(['params.size=large']));
  assert.equal(stageOf(large, 'fit').settings['epochs'], 20);
  assert.deepEqual(
    large.sources.files.map((file) => file.slice(project.root.length)),
    ['/pipelines/p.yaml', '/pipelines/sizes/large.yaml'],
  );
});

test('the choice follows a file that extends the choosing one, and a file that includes it', async () => {
  using project = new TestProject({
    ...groups,
    'pipelines/big.yaml': 'extends: p.yaml\nparams: { size: large }\n',
    'pipelines/both.yaml': `include:
  small: p.yaml
  large: { file: p.yaml, params: { size: large } }
stages: {}
`,
    'pipelines/named.yaml': `extends: [defaults.yaml, "sizes/\${params.size}.yaml"]\n${stages}`,
    'pipelines/defaults.yaml': 'params: { size: large }\n',
  });
  const epochs = async (file: string, stage: string) =>
    stageOf(value(await project.load([], file)), stage).settings['epochs'];
  assert.equal(await epochs('big.yaml', 'fit'), 20);
  assert.equal(await epochs('both.yaml', 'small/fit'), 2);
  assert.equal(await epochs('both.yaml', 'large/fit'), 20);
  assert.equal(await epochs('named.yaml', 'fit'), 20, 'an earlier file may name the choice');
});

test('a choice that leads nowhere is reported where it is written', async () => {
  using project = new TestProject(groups);
  const medium = shownMistakes(await project.load(['params.size=medium']));
  assert.match(
    medium,
    /^pipelines\/p\.yaml:1:10: error: There is no file "pipelines\/sizes\/medium\.yaml" \[missing-file\]/,
  );
  project.write({
    'pipelines/p.yaml': `extends: "sizes/\${params.sise}.yaml"\nparams: { size: a }\n`,
  });
  assert.match(
    shownMistakes(await project.load()),
    /^pipelines\/p\.yaml:1:17: error: Unknown parameter "sise" \[unknown-param\].*Did you mean "size"\?$/s,
  );
});
