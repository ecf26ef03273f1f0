import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shownMistakes, stageOf, TestProject, value } from '../testing-kinds.ts';

/** A project with an axis `case` of the stage `fit`, whose `rate` and `seed` are settings. */
function project(
  axis: string,
  files: Readonly<Record<string, string>> = {},
  settings = '{ rate: "${matrix.case.rate}", seed: "${matrix.case.seed}" }',
): TestProject {
  const text = `stages:
  faces: { kind: load, inputs: { images: data/ } }
  fit:
    kind: train
    matrix: { case: ${axis} }
    inputs: { dataset: faces.dataset }
    with: ${settings}
`;
  return new TestProject({ 'pipelines/p.yaml': text, ...files });
}

const table = 'fold,rate,seed,note\n1,0.1,7,first\n2,1e-3,8,"a, b"\n';

test('a list of records is an axis: the first key names the value, unless there is an id', async () => {
  using records = project(
    '[{ fold: a, rate: 0.1, seed: 1 }, { id: last, fold: b, rate: 0.2, seed: 2 }]',
  );
  const pipeline = value(await records.load());
  assert.deepEqual(
    pipeline.stages.map(({ name }) => name),
    ['faces', 'fit[case=a]', 'fit[case=last]'],
  );
  assert.deepEqual(stageOf(pipeline, 'fit[case=a]').keyedSettings, { rate: 0.1, seed: 1 });
});

test('the rows of a CSV file are an axis, and a column of numbers has numbers', async () => {
  using cases = project('{ from: data/cases.csv }', { 'data/cases.csv': table });
  const pipeline = value(await cases.load());
  assert.deepEqual(stageOf(pipeline, 'fit[case=2]').keyedSettings, { rate: 0.001, seed: 8 });
  assert.deepEqual(
    pipeline.sources.inputs.map((path) => path.slice(cases.root.length)),
    ['/data/cases.csv', '/data'],
  );
});

test('a setting that reads a null of a record, or an empty field of a table, is left out', async () => {
  const optimizer =
    '{ optimizer: { kind: "${matrix.case.kind}", momentum: "${matrix.case.momentum}" }';
  const settings = `${optimizer}, seed: "\${1 if matrix.case.momentum == null else 2}" }`;
  const records = '[{ kind: adam, momentum: null }, { kind: sgd, momentum: 0.5 }]';
  const csv = { 'data/cases.csv': 'kind,momentum\nadam,\nsgd,0.5\n' };
  for (const axis of [records, '{ from: data/cases.csv }']) {
    using cases = project(axis, csv, settings);
    const pipeline = value(await cases.load());
    assert.deepEqual(
      ['adam', 'sgd'].map((kind) => stageOf(pipeline, `fit[case=${kind}]`).keyedSettings),
      [{ seed: 1 }, { optimizer: { kind: 'sgd', momentum: 0.5 }, seed: 2 }],
    );
  }
  using lacking = project(records.replace(', momentum: null', ''), csv, settings);
  assert.match(
    shownMistakes(await lacking.load()),
    /error: "matrix\.case" is a map without "momentum"/,
    'a key that is not there at all may be misspelt',
  );
});

test('a setting is left out of a map in a list, too, and an item of a list is not', async () => {
  const records = '[{ id: a, rate: null }, { id: b, rate: 0.5 }]';
  const map = '{ width: 8, dropout: "${matrix.case.rate}" }';
  using maps = project(records, {}, `{ layers: [${map}] }`);
  assert.deepEqual(stageOf(value(await maps.load()), 'fit[case=a]').keyedSettings, {
    layers: [{ width: 8 }],
  });
  using items = project(records, {}, '{ layers: ["${matrix.case.rate}"] }');
  assert.match(shownMistakes(await items.load()), /"with\.layers\[0\]", got nothing/);
});

test('a file of YAML or JSON gives the same fingerprints as the list written out', async () => {
  const text = '- { fold: 1, rate: 0.1, seed: 7 }\n- { fold: 2, rate: 0.001, seed: 8 }\n';
  const json = '[{"fold":1,"rate":0.1,"seed":7},{"fold":2,"rate":0.001,"seed":8}]';
  for (const file of ['cases.yaml', 'cases.json']) {
    const written = file.endsWith('yaml') ? text : json;
    using cases = project(`{ from: ./${file} }`, { [file]: written });
    const pipeline = value(await cases.load());
    assert.deepEqual(stageOf(pipeline, 'fit[case=1]').keyedSettings, { rate: 0.1, seed: 7 });
  }
});

test('a column of a file has each of its values once', async () => {
  const files = { 'data/cases.csv': 'person,seed\nann,1\nbob,2\nann,1\n' };
  using cases = project(
    '{ from: data/cases.csv, column: seed }',
    files,
    '{ seed: "${matrix.case}" }',
  );
  const names = value(await cases.load()).stages.map(({ name }) => name);
  assert.deepEqual(names, ['faces', 'fit[case=1]', 'fit[case=2]']);
});

test('a range has both of its ends, and 0.3 is written as a person would', async () => {
  using range = project('{ range: [0.1, 0.4], step: 0.1 }', {}, '{ rate: "${matrix.case}" }');
  const names = value(await range.load()).stages.map(({ name }) => name);
  assert.deepEqual(names.slice(1), [
    'fit[case=0.1]',
    'fit[case=0.2]',
    'fit[case=0.3]',
    'fit[case=0.4]',
  ]);
});

test('a glob has a value for each file, named by its path without the extension', async () => {
  const text = `stages:
  each:
    kind: command
    matrix: { clip: { glob: "data/*/*.png" } }
    inputs: { clip: "\${matrix.clip.path}" }
    outputs: { text: { type: files } }
    with: { run: "echo \${matrix.clip} > \${outputs.text}" }
`;
  using clips = new TestProject({ 'pipelines/p.yaml': text, 'data/real/a b.png': 'x' });
  const pipeline = value(await clips.load());
  assert.deepEqual(
    pipeline.stages.map(({ name, inputs }) => [name, inputs[0]!.items[0]]),
    [
      ['fake/1', 'data/fake/1.png'],
      ['real/1', 'data/real/1.png'],
      ['real/a_b', 'data/real/a b.png'],
    ].map(([label, path]) => [
      `each[clip=${label}]`,
      { from: 'path', path: `${clips.root}/${path}`, shown: path, labels: {} },
    ]),
  );
  assert.deepEqual(Object.keys(pipeline.sources.globs), ['data/*/*.png'], 'a run looks again');
});

test('what is wrong with a file of an axis is reported in the pipeline or in the file', async () => {
  const mistakeOf = async (axis: string, files: Readonly<Record<string, string>> = {}) => {
    using cases = project(axis, files);
    return shownMistakes(await cases.load());
  };
  assert.match(
    await mistakeOf('{ from: data/cases.csv }'),
    /^pipelines\/p\.yaml:5:29: error: There is no file or folder "data\/cases\.csv" below the project's root \[missing-file\][^[]*$/,
    'and nothing else',
  );
  assert.match(
    await mistakeOf('{ from: data/cases.csv, column: foldd }', { 'data/cases.csv': table }),
    /^pipelines\/p\.yaml:5:53: error: "data\/cases\.csv" has no column "foldd" \[unknown-key\].*Did you mean "fold"\?/s,
  );
  assert.match(
    await mistakeOf('{ from: data/cases.csv }', { 'data/cases.csv': 'a,b\n1\n' }),
    /^data\/cases\.csv:2:1: error: This row cannot be read: expected 2 fields, got 1 \[wrong-value\]/,
  );
  assert.match(
    await mistakeOf('{ from: data/cases.csv }', { 'data/cases.csv': 'fold,rate\n1,1\n1,2\n' }),
    /^data\/cases\.csv:3:1: error: The axis "case" has the value "1" twice \[duplicate-value\].*Give each an "id" of its own\./s,
  );
  assert.match(
    await mistakeOf('{ from: data/cases.yaml }', { 'data/cases.yaml': 'fold: 1\n' }),
    /^data\/cases\.yaml:1:1: error: Expected a list of values, got a map \[wrong-type\]/,
  );
  assert.match(
    await mistakeOf('{ from: data/cases.csv }', { 'data/cases.csv': 'fold,rate\n' }),
    /^pipelines\/p\.yaml:5:29: error: "data\/cases\.csv" has no rows \[empty-list\]/,
  );
  assert.match(
    await mistakeOf('{ from: cases.csv }'),
    /Unknown stage "cases".*A file in the root is written "\.\/cases\.csv"/s,
  );
  assert.match(
    await mistakeOf('{ glob: data/*.mp4 }'),
    /No file matches "data\/\*\.mp4" \[empty-glob\]/,
  );
  assert.match(await mistakeOf('{ range: [3, 1] }'), /expected the lower bound first/);
});
