import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pipeline } from '../pipeline.ts';
import { load, mistakes, stageOf } from '../testing-kinds.ts';

const names = (pipeline: Pipeline) => pipeline.stages.map(({ name }) => name);

/** What a port reads: `stage` and labels, item by item. */
function read(
  pipeline: Pipeline,
  stage: string,
  port: string,
): readonly (readonly [string, Readonly<Record<string, string>>])[] {
  const input = stageOf(pipeline, stage).inputs.find((candidate) => candidate.port === port)!;
  return input.items.map((item) => [item.from === 'stage' ? item.stage : item.shown, item.labels]);
}

const faces = 'faces: { kind: load, inputs: { images: data/ } }';

test('a matrix makes one stage per combination, the last axis fastest, its values read as ${matrix.…}', async () => {
  const pipeline = await load(`stages:
  ${faces}
  fit:
    kind: train
    matrix: { seed: [1, 2], net: [{ id: my-net, rate: 0.1 }, { id: other, rate: 1e-3 }] }
    inputs: { dataset: faces.dataset }
    with: { seed: "\${matrix.seed}", rate: "\${matrix.net.rate}" }
    outputs: { model: "artifacts/\${matrix.net}-\${matrix.seed}" }
`);
  assert.deepEqual(names(pipeline), [
    'faces',
    'fit[net=my-net,seed=1]',
    'fit[net=other,seed=1]',
    'fit[net=my-net,seed=2]',
    'fit[net=other,seed=2]',
  ]);
  const fit = stageOf(pipeline, 'fit[net=other,seed=2]');
  assert.deepEqual(fit.keyedSettings, { seed: 2, rate: 0.001 });
  assert.deepEqual(fit.axes, { seed: '2', net: 'other' });
  assert.deepEqual(
    fit.outputs.map(({ path }) => path),
    ['artifacts/other-2', 'artifacts/p/fit@net=other,seed=2/history.csv'],
  );
});

test('axes are inherited through single ports, join by name and multiply otherwise', async () => {
  const pipeline = await load(`stages:
  faces: { kind: load, matrix: { set: [a, b] }, inputs: { images: data/ }, with: { set: "\${matrix.set}" } }
  fit: { kind: train, matrix: { seed: [1, 2] }, inputs: { dataset: faces.dataset }, with: { seed: "\${matrix.seed}" } }
  score: { kind: evaluate, inputs: { model: fit.model, dataset: faces.dataset } }
`);
  assert.deepEqual(names(pipeline).slice(2), [
    'fit[seed=1,set=a]',
    'fit[seed=2,set=a]',
    'fit[seed=1,set=b]',
    'fit[seed=2,set=b]',
    'score[seed=1,set=a]',
    'score[seed=2,set=a]',
    'score[seed=1,set=b]',
    'score[seed=2,set=b]',
  ]);
  assert.deepEqual(read(pipeline, 'score[seed=2,set=b]', 'dataset'), [['faces[set=b]', {}]]);
  assert.deepEqual(read(pipeline, 'score[seed=2,set=b]', 'model'), [['fit[seed=2,set=b]', {}]]);
});

test('a labelled port gets the axis values of the instance that it reads', async () => {
  const pipeline = await load(`stages:
  ${faces}
  fit: { kind: train, matrix: { seed: [1, 2] }, inputs: { dataset: faces.dataset }, with: { seed: "\${matrix.seed}" } }
  curves: { kind: plot, inputs: { history: fit.history } }
  second: { kind: plot, inputs: { history: "fit[seed=2].history" } }
  file: { kind: plot, inputs: { history: data/real/1.png } }
`);
  assert.deepEqual(read(pipeline, 'curves[seed=1]', 'history'), [['fit[seed=1]', { seed: '1' }]]);
  assert.deepEqual(read(pipeline, 'second', 'history'), [['fit[seed=2]', { seed: '2' }]]);
  assert.deepEqual(read(pipeline, 'file', 'history'), [['data/real/1.png', {}]]);
});

test('a selection takes one instance and inherits nothing, also by a value of the own matrix', async () => {
  const pipeline = await load(`stages:
  faces: { kind: load, matrix: { set: [a, b] }, inputs: { images: data/ }, with: { set: "\${matrix.set}" } }
  fit: { kind: train, inputs: { dataset: "faces[set=a].dataset" } }
  score:
    kind: evaluate
    matrix: { test: [a, b] }
    inputs: { model: fit.model, dataset: "faces[set=\${matrix.test}].dataset" }
`);
  assert.deepEqual(names(pipeline).slice(2), ['fit', 'score[test=a]', 'score[test=b]']);
  assert.deepEqual(read(pipeline, 'score[test=b]', 'dataset'), [['faces[set=b]', {}]]);
});

test('a stage can be chosen by the matrix', async () => {
  const pipeline = await load(`stages:
  one: { kind: load, inputs: { images: data/ } }
  two: { kind: load, matrix: { set: [a, b] }, inputs: { images: data/ }, with: { set: "\${matrix.set}" } }
  fit: { kind: train, matrix: { from: [one, two] }, inputs: { dataset: "\${matrix.from}.dataset" } }
`);
  assert.deepEqual(read(pipeline, 'fit[from=two,set=b]', 'dataset'), [['two[set=b]', {}]]);
  assert.deepEqual(read(pipeline, 'fit[from=one,set=b]', 'dataset'), [['one', {}]]);
});

test('a list port takes every agreeing instance in order, labelled by what the reader does not fix', async () => {
  const pipeline = await load(`stages:
  ${faces}
  fit:
    kind: train
    matrix: { net: [{ id: x, rate: 0.1 }, { id: y, rate: 0.2 }], seed: [1, 2] }
    inputs: { dataset: faces.dataset }
    with: { rate: "\${matrix.net.rate}", seed: "\${matrix.seed}" }
  score: { kind: evaluate, inputs: { model: fit.model, dataset: faces.dataset } }
  all: { kind: roc, inputs: { scores: [score.scores] } }
  each: { kind: roc, matrix: { net: [{ id: x, rate: 0.1 }, { id: y, rate: 0.2 }] }, inputs: { scores: score.scores } }
  some: { kind: roc, inputs: { scores: ["score[net=y].scores"] } }
`);
  assert.deepEqual(read(pipeline, 'all', 'scores'), [
    ['score[net=x,seed=1]', { net: 'x', seed: '1' }],
    ['score[net=x,seed=2]', { net: 'x', seed: '2' }],
    ['score[net=y,seed=1]', { net: 'y', seed: '1' }],
    ['score[net=y,seed=2]', { net: 'y', seed: '2' }],
  ]);
  assert.deepEqual(read(pipeline, 'each[net=y]', 'scores'), [
    ['score[net=y,seed=1]', { seed: '1' }],
    ['score[net=y,seed=2]', { seed: '2' }],
  ]);
  assert.deepEqual(
    read(pipeline, 'some', 'scores').map(([name]) => name),
    ['score[net=y,seed=1]', 'score[net=y,seed=2]'],
  );
});

test('a labelled list port also gets the axes that its reader fixes', async () => {
  const pipeline = await load(`stages:
  ${faces}
  fit:
    kind: train
    matrix: { net: [{ id: x, rate: 0.1 }, { id: y, rate: 0.2 }], seed: [1, 2] }
    inputs: { dataset: faces.dataset }
    with: { rate: "\${matrix.net.rate}", seed: "\${matrix.seed}" }
  score: { kind: evaluate, inputs: { model: fit.model, dataset: faces.dataset } }
  each: { kind: plot, matrix: { net: [{ id: x, rate: 0.1 }, { id: y, rate: 0.2 }] }, inputs: { scores: score.scores } }
`);
  assert.deepEqual(read(pipeline, 'each[net=y]', 'scores'), [
    ['score[net=y,seed=1]', { net: 'y', seed: '1' }],
    ['score[net=y,seed=2]', { net: 'y', seed: '2' }],
  ]);
});

test('a list of several stages and paths labels which is which', async () => {
  const pipeline = await load(`stages:
  ${faces}
  fit: { kind: train, inputs: { dataset: faces.dataset } }
  a: { kind: evaluate, inputs: { model: fit.model, dataset: faces.dataset } }
  b: { kind: evaluate, inputs: { model: fit.model, dataset: faces.dataset } }
  both: { kind: roc, inputs: { scores: [a.scores, b.scores] } }
  files: { kind: roc, inputs: { scores: [data/*/1.png] } }
`);
  assert.deepEqual(read(pipeline, 'both', 'scores'), [
    ['a', { stage: 'a' }],
    ['b', { stage: 'b' }],
  ]);
  assert.deepEqual(read(pipeline, 'files', 'scores'), [
    ['data/fake/1.png', { path: 'data/fake/1.png' }],
    ['data/real/1.png', { path: 'data/real/1.png' }],
  ]);
});

test('axes of one name with different values do not join', async () => {
  const text = await mistakes(`stages:
  faces: { kind: load, matrix: { set: [a, b] }, inputs: { images: data/ }, with: { set: "\${matrix.set}" } }
  fit: { kind: train, matrix: { set: [a, c] }, inputs: { dataset: faces.dataset } }
`);
  assert.ok(
    text.startsWith(`pipelines/p.yaml:3:33: error: The axis "set" of the stage "fit" has other values than one it inherits [axis-mismatch]

    3 |   fit: { kind: train, matrix: { set: [a, c] }, inputs: { dataset: faces.dataset } }
      |                                 ^^^

  pipelines/p.yaml:2:34: The other one has: a, b`),
    text,
  );
});

test('wrong axes, values and selections are reported', async () => {
  const text = await mistakes(`stages:
  faces: { kind: load, matrix: { set: [a, b] }, inputs: { images: data/ }, with: { set: "\${matrix.set}" } }
  a: { kind: train, matrix: { stage: [1], x: [1, 1], y: [a b], z: [], w: [{ rate: [1] }] }, inputs: { dataset: "faces[set=a].dataset" } }
  b: { kind: train, inputs: { dataset: "faces[st=a].dataset" }, with: { seed: "\${matrix.sed}" } }
  c: { kind: train, inputs: { dataset: "faces[set=c].dataset" } }
  d: { kind: train, inputs: { dataset: "faces[set].dataset" } }
  e: { kind: load, inputs: { images: data/* } }
  f: { kind: train, matrix: { from: [faces] }, inputs: { dataset: "\${matrix.from}[x=1].dataset", start: "\${matrix.fro}.model" } }
`);
  for (const line of [
    '3:31: error: "stage" is not a valid name for an axis',
    '3:50: error: The axis "x" has the value "1" twice',
    '3:58: error: "a b" cannot stand in a stage\'s name',
    '3:67: error: Expected a list of at least 1 item for "matrix.z", got an empty list',
    '3:75: error: A value of the axis "w" has no name',
    '4:40: error: The stage "faces" has no axis "st"',
    '4:79: error: The stage has no axis "sed"',
    '5:40: error: The axis "set" of the stage "faces" has no value "c"',
    '6:40: error: The stage "d" has no slots on an axis "set"',
    '7:38: error: No file matches "data/*"',
    '8:67: error: The stage "faces" has no axis "x"',
    '8:106: error: The stage has no axis "fro"',
  ]) {
    assert.ok(text.includes(`pipelines/p.yaml:${line}`), `${line}\nis not in\n${text}`);
  }
});

test('a matrix that would make too many stages is reported before they are made', async () => {
  const axis = JSON.stringify(Array.from({ length: 1000 }, (_, index) => index));
  const text = await mistakes(`stages:
  a: { kind: command, with: { run: x }, matrix: { x: ${axis}, y: ${axis}, z: ${axis} } }
`);
  assert.match(
    text,
    /The matrix of the stage "a" makes 1,000,000,000 stages, at most 10,000 are allowed/,
  );
});

test('an axis that decides nothing is a mistake: its instances would be copies of one result', async () => {
  const text = await mistakes(`stages:
  ${faces}
  fit: { kind: train, matrix: { seed: [1, 2, 3], rate: [0.1, 0.2] }, inputs: { dataset: faces.dataset }, with: { rate: "\${matrix.rate}" } }
  draw:
    kind: command
    matrix: { net: [{ id: small, width: 8 }, { id: large, width: 32 }] }
    outputs: { text: "out/\${matrix.net}.txt" }
    with: { run: "echo > \${outputs.text}" }
`);
  assert.equal(
    text,
    `pipelines/p.yaml:3:33: error: The axis "seed" of the stage "fit" decides nothing: its 3 values give the same settings, inputs and environment [idle-axis]

    3 |   fit: { kind: train, matrix: { seed: [1, 2, 3], rate: [0.1, 0.2] }, inputs: { dataset: faces.datase…
      |                                 ^^^^

  Write "\${matrix.seed}" under "with", "inputs" or "env"; a path under "outputs" changes no result.

pipelines/p.yaml:6:15: error: The axis "net" of the stage "draw" decides nothing: its 2 values give the same settings, inputs and environment [idle-axis]

    6 |     matrix: { net: [{ id: small, width: 8 }, { id: large, width: 32 }] }
      |               ^^^

  Write "\${matrix.net.width}" under "with", "inputs" or "env"; a path under "outputs" changes no result.`,
  );
});

test('an axis decides by a setting, a member, an input, the environment, or the extension of an output', async () => {
  const pipeline = await load(`stages:
  faces: { kind: load, matrix: { set: [a, b] }, inputs: { images: data/ }, with: { set: "\${matrix.set}" } }
  fit: { kind: train, matrix: { set: [a, b] }, inputs: { dataset: "faces[set=\${matrix.set}].dataset" } }
  net: { kind: train, matrix: { net: [{ id: x, rate: 0.1 }, { id: y, rate: 0.2 }] }, inputs: { dataset: data/ }, with: { rate: "\${matrix.net.rate}" } }
  each: { kind: command, matrix: { set: [a, b] }, inputs: { models: [fit.model] }, with: { run: x } }
  file: { kind: command, matrix: { class: [real, fake] }, inputs: { image: "data/\${matrix.class}/1.png" }, with: { run: x } }
  mode: { kind: command, matrix: { mode: [fast, slow] }, env: { MODE: "\${matrix.mode}" }, with: { run: x } }
  plot: { kind: command, matrix: { format: [svg, png] }, outputs: { chart: "out/plot.\${matrix.format}" }, with: { run: x } }
  once: { kind: command, matrix: { seed: [1] }, with: { run: x } }
`);
  assert.equal(pipeline.stages.length, 15);
});

const drawnStage = (sample: string) => `stages:
  fit: { kind: train, matrix: { sample: ${sample} }, inputs: { dataset: data/ }, with: { rate: "\${matrix.sample.rate}", epochs: "\${matrix.sample.epochs}" } }
`;

test('a larger count keeps the earlier points, and another drawn setting leaves the values of this one', async () => {
  const rate = 'rate: { logUniform: [1e-4, 1e-1] }';
  const drawn = async (rest: string) =>
    (await load(drawnStage(`{ ${rate}, ${rest} }`))).stages.map(
      ({ keyedSettings }) => keyedSettings,
    );
  const few = await drawn('epochs: { int: [1, 9] }, count: 3, seed: 4');
  const more = await drawn('epochs: { int: [1, 9] }, count: 60, seed: 4');
  assert.deepEqual(more.slice(0, 3), few);
  const others = await drawn('epochs: { choice: [2, 3] }, count: 60, seed: 4');
  assert.deepEqual(
    others.map(({ rate }) => rate),
    more.map(({ rate }) => rate),
  );
  assert.notDeepEqual(await drawn('epochs: { int: [1, 9] }, count: 3, seed: 5'), few);
  const rates = more.map(({ rate }) => Number(rate));
  assert.ok(rates.every((rate) => rate >= 1e-4 && rate <= 1e-1));
  assert.ok(
    rates.filter((rate) => rate < 1e-3).length > 10,
    'a third of a logarithmic range is below 1e-3',
  );
  assert.deepEqual(new Set(others.map(({ epochs }) => epochs)), new Set([2, 3]));
  const { stages } = await load(drawnStage(`{ ${rate}, epochs: { choice: [2] }, count: 2 }`));
  assert.deepEqual(
    stages.map(({ name, drawn }) => [name, drawn]),
    [
      ['fit[sample=1]', { rate: 0.002723, epochs: 2 }],
      ['fit[sample=2]', { rate: 0.0001275, epochs: 2 }],
    ],
  );
});

test('a draw of a wrong form is reported at its position', async () => {
  const text = await mistakes(
    drawnStage('{ rate: { uniform: [2, 1] }, epochs: { choices: [1] }, count: 0 }'),
  );
  assert.deepEqual(text.match(/error: .*(rate|epochs|count).*(?= \[)/g)?.slice(0, 3), [
    'error: Invalid "matrix.sample.rate.uniform": expected the lower bound first',
    'error: Expected { uniform: [low, high] }, { logUniform: … }, { int: … } or { choice: […] } for "matrix.sample.epochs", got a map',
    'error: Expected a number of at least 1 for "matrix.sample.count", got 0',
  ]);
});

test('every trial of a program has a result of its own, and the first keeps the result without trials', async () => {
  const stages = (matrix: string) => `stages:
  draw: { kind: command, ${matrix} outputs: { drawing: "out/\${matrix.repeat}.svg" }, with: { run: x } }
  read: { kind: command, inputs: { drawing: draw.drawing }, with: { run: x } }
`;
  const trials = (await load(stages('matrix: { repeat: 3 },'))).stages.map(({ name, trial }) => [
    name,
    trial,
  ]);
  assert.deepEqual(trials, [
    ['draw[repeat=1]', undefined],
    ['draw[repeat=2]', '2'],
    ['draw[repeat=3]', '3'],
    ['read[repeat=1]', undefined],
    ['read[repeat=2]', undefined],
    ['read[repeat=3]', undefined],
  ]);
});

test('a setting that names axes may name fields of their values, which become labels', async () => {
  const stages = (columns: string) => `stages:
  fit:
    kind: train
    matrix: { net: [{ id: x, rate: 0.1 }, { id: y, rate: 0.2 }] }
    inputs: { dataset: data/ }
    with: { rate: "\${matrix.net.rate}" }
  score: { kind: evaluate, inputs: { model: fit.model, dataset: data/ } }
  all: { kind: roc, inputs: { scores: [score.scores] }, with: { columns: [${columns}] } }
`;
  const labels = async (columns: string) =>
    read(await load(stages(columns)), 'all', 'scores').map(([, itemLabels]) => itemLabels);
  assert.deepEqual(await labels('net'), [{ net: 'x' }, { net: 'y' }]);
  assert.deepEqual(await labels('net.rate'), [
    { net: 'x', 'net.rate': '0.1' },
    { net: 'y', 'net.rate': '0.2' },
  ]);
  const [message] = (await mistakes(stages('net.rat'))).split('\n');
  assert.equal(
    message,
    'pipelines/p.yaml:8:75: error: The items of the input "scores" have no axis "net.rat" [unknown-axis]',
  );
});
