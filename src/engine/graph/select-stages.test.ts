import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load, TestProject, value } from '../config/testing-kinds.ts';
import { formatDiagnostics } from '../diagnostics/format-diagnostic.ts';
import { Graph } from './graph.ts';
import { selectStages, stagesNamed } from './select-stages.ts';

const graph = new Graph(
  await load(`stages:
  make: { kind: command, onDemand: true, outputs: { images: { type: images } }, with: { run: x } }
  lint: { kind: command, onDemand: true, with: { run: x } }
  faces: { kind: load, inputs: { images: make.images } }
  fit:
    kind: train
    matrix: { net: [{ id: x, rate: 0.1 }, { id: y, rate: 0.2 }], seed: [1, 2] }
    inputs: { dataset: faces.dataset }
    with: { rate: "\${matrix.net.rate}", seed: "\${matrix.seed}" }
    after: lint
  roc: { kind: roc, inputs: { scores: data/ } }
  report: { kind: command, inputs: { m: [fit.model] }, with: { run: x } }
`),
);

function selected(names: readonly string[], options?: { readonly downstream?: boolean }) {
  const selection = selectStages(graph, names, options);
  if (!selection.ok) throw new Error(formatDiagnostics(selection.error));
  return selection.value;
}

test('without a name the whole pipeline is meant, and stages on demand only where something reads them', () => {
  const { stages, named } = selected([]);
  assert.ok(stages.includes(graph.order[0]!) && !stages.some((name) => name === 'lint'));
  assert.ok(!named.some((name) => name === 'make'));
  assert.equal(stages.length, 8);
});

test('a stage brings what it needs, in the order of the graph', () => {
  assert.deepEqual(selected(['faces']), { named: ['faces'], stages: ['make', 'faces'] });
  assert.deepEqual(selected(['lint']).stages, ['lint']);
});

test('instances are meant one by one, by some axes, or all, with brackets or @', () => {
  const instances = ['fit[net=x,seed=2]', 'fit[net=y,seed=2]'];
  assert.deepEqual(selected(['fit[seed=2]']).named, instances);
  assert.deepEqual(selected(['fit@seed=2']).named, instances);
  assert.deepEqual(selected(['fit@seed=2,net=y']).named, ['fit[net=y,seed=2]']);
  assert.equal(selected(['fit']).named.length, 4);
});

test('axes stand in any order, and those left out are any', () => {
  const names = [
    'fit[net=x,seed=1]',
    'fit[net=x,seed=2]',
    'fit[net=y,seed=1]',
    'roc',
    'made/scores[net=x]',
  ];
  const namesFor = (word: string) => stagesNamed(word, names);
  for (const word of ['fit@net=x,seed=2', 'fit@seed=2,net=x', 'fit[seed=2, net=x]', 'fit@seed=2']) {
    assert.deepEqual(namesFor(word), ['fit[net=x,seed=2]'], word);
  }
  assert.deepEqual(namesFor('fit'), names.slice(0, 3));
  assert.deepEqual(namesFor('made/scores@net=x'), ['made/scores[net=x]']);
  for (const word of ['fit@seed=3', 'fit@sed=2', 'fit.model', 'roc@seed=1', 'fit['])
    assert.deepEqual(namesFor(word), []);
});

test('downstream adds what reads the named stages, and what that needs', () => {
  const { stages, named } = selected(['fit@net=x,seed=1'], { downstream: true });
  assert.deepEqual(named, ['fit[net=x,seed=1]']);
  assert.deepEqual(stages, ['make', 'faces', ...selected(['fit']).named, 'report']);
});

test('an included pipeline means its stages, but those that only run when something reads them', async () => {
  using project = new TestProject({
    'pipelines/net.yaml': `stages:
  faces: { kind: load, inputs: { images: data/ }, onDemand: true }
  fit: { kind: train, inputs: { dataset: faces.dataset } }
  other: { kind: load, inputs: { images: data/ } }
`,
    'pipelines/p.yaml': `include: { net: net.yaml, quiet: { file: net.yaml, onDemand: true } }
stages: { netting: { kind: load, inputs: { images: data/ } } }
`,
  });
  const included = new Graph(value(await project.load()));
  const named = (word: string) => {
    const selection = selectStages(included, [word]);
    return selection.ok ? selection.value.named : selection.error.map(({ message }) => message);
  };
  assert.deepEqual(named('net'), ['net/fit', 'net/other']);
  assert.deepEqual(named('net/'), ['net/fit', 'net/other']);
  assert.deepEqual(named('quiet'), ['quiet/faces', 'quiet/fit', 'quiet/other']);
  assert.deepEqual(named('ne'), ['There is no stage "ne"']);
});

test('every unknown name gets a hint to what may have been meant', () => {
  const selection = selectStages(graph, ['fitt', 'roc', 'fit@seed=3', 'fit.model']);
  assert.ok(!selection.ok);
  assert.equal(
    formatDiagnostics(selection.error),
    `error: There is no stage "fitt" [unknown-stage]

  Did you mean "fit"?

error: There is no stage "fit@seed=3" [unknown-stage]

  Its axis "seed" has no value "3". There are 1, 2.

error: There is no stage "fit.model" [unknown-stage]

  Known: make, lint, faces, fit, roc, report.`,
  );
});
