import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RanOnce } from './support/rig.ts';
import { smallest, studyProject } from './support/study-project.ts';

/** The experiment of docs/experiments.md, smaller. */
const wide = `
extends: [../base/net.yaml, ../base/seeds.yaml]
description: A wider stem
params:
  model: { layers: [{ conv: 32, kernel: 5, stride: 2 }, batchNorm, relu, { maxPool: 4 }, { separableConv: 64 }, relu, globalAveragePool, { dense: 2 }] }
  imageSize: 48
  epochs: 1
`;

const ran = ({ outcomes }: RanOnce): readonly string[] =>
  Object.keys(outcomes)
    .filter((stage) => outcomes[stage] === 'ran')
    .sort();

test('one command runs the study, and after a change it runs only the affected stages', async () => {
  using project = studyProject();
  const first = await project.run();
  assert.equal(first.code, 0, first.stderr);
  const folder = 'artifacts/test/text/document';
  const text = project.read(`${folder}/study.md`);
  assert.match(text, /^# Can networks tell real faces/);
  assert.doesNotMatch(text, /\{\{|undefined|NaN/);
  const figures = [...text.matchAll(/\]\((study\/[^)]+)\)/g)].map(([, figure]) => figure!);
  assert.ok(figures.length > 25, `${figures.length} figures`);
  assert.deepEqual(
    figures.filter((figure) => !project.has(`${folder}/${figure}`)),
    [],
  );

  assert.match(
    project.read('artifacts/test/report.html'),
    /<main[^>]*>\s*<section id="summary"[\s\S]*?<h4>Five findings<\/h4>/,
  );

  assert.deepEqual(ran(await project.run()), []);

  project.write('pipelines/experiments/wide.yaml', wide);
  project.write(
    'pipelines/test.yaml',
    `${smallest}include:\n  wide: { file: experiments/wide.yaml, params: { dataset: fakes.dataset } }\n`,
  );
  const added = ran(await project.run());
  assert.ok(added.length >= 8, added.join(', '));
  assert.deepEqual(
    added.filter((stage) => !stage.startsWith('wide/')),
    [],
  );

  project.edit('pipelines/experiments/robustness.yaml', '${params.set} by blur', 'blurred faces');
  assert.deepEqual(ran(await project.run()), ['robustness/by-blur', 'text']);
});
