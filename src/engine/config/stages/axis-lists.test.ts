import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pipeline } from '../pipeline.ts';
import { shownMistakes, stageOf, TestProject, value } from '../testing-kinds.ts';
import { mayBecome } from './may-become.ts';

/** A stage that makes a list, a training for each of its rows, and what reads these. */
function project({
  axis = '{ from: videos.list }',
  matrix = '',
  more = '',
  rate = '"${matrix.clip.rate}"',
} = {}): TestProject {
  const text = `stages:
  faces: { kind: load, inputs: { images: data/ } }
  videos: { kind: command, outputs: { list: { path: artifacts/list.csv } }, with: { run: x } }
  fit:
    kind: train
    matrix: { clip: ${axis}${matrix} }
    inputs: { dataset: faces.dataset }
    with: { rate: ${rate} }
  score: { kind: evaluate, inputs: { model: fit.model, dataset: faces.dataset } }
  roc: { kind: roc, inputs: { scores: [score.scores] } }
${more}`;
  return new TestProject({ 'pipelines/p.yaml': text });
}

const names = ({ stages }: Pipeline) => stages.map(({ name }) => name);
const pendingNames = ({ pending }: Pipeline) => pending.map(({ name }) => name);
const list = 'clip,rate\na,0.1\nb,0.2\n';

test('before a list is known, one node stands for its stages, and what needs them is pending, too', async () => {
  using clips = project({ more: '  last: { kind: command, after: roc, with: { run: x } }\n' });
  const pipeline = value(await clips.load());
  assert.deepEqual(names(pipeline), ['faces', 'videos']);
  assert.deepEqual(pendingNames(pipeline), ['fit[clip=?]', 'score[clip=?]', 'roc', 'last']);
  assert.deepEqual(
    pipeline.nodes.map(({ name }) => name),
    ['faces', 'videos', 'fit[clip=?]', 'score[clip=?]', 'roc', 'last'],
    'in the order of the file',
  );
  assert.deepEqual(pipeline.lists, [{ stage: 'videos', port: 'list' }]);
  const [fit, score, roc, last] = pipeline.pending;
  assert.deepEqual(fit!.awaited, [{ stage: 'videos', port: 'list' }]);
  assert.deepEqual([fit!.listedBy, fit!.after], [['videos'], []]);
  assert.deepEqual(score!.listedBy, ['videos']);
  assert.deepEqual(roc!.inputs[0]!.items, [
    { from: 'stage', stage: 'score[clip=?]', port: 'scores', labels: { clip: '?' } },
  ]);
  assert.deepEqual([roc!.awaited, last!.after], [[], ['roc']]);
});

test('with the list, its rows are stages as those of a file, which come after the stage that made it', async () => {
  using clips = project();
  const pipeline = value(await clips.loadWith({ 'videos.list': list }));
  assert.deepEqual(names(pipeline).slice(2), [
    'fit[clip=a]',
    'fit[clip=b]',
    'score[clip=a]',
    'score[clip=b]',
    'roc',
  ]);
  assert.deepEqual(pipeline.pending, []);
  const fit = stageOf(pipeline, 'fit[clip=b]');
  assert.deepEqual(fit.keyedSettings, { rate: 0.2 });
  assert.deepEqual(fit.listedBy, ['videos']);
  assert.deepEqual(
    stageOf(pipeline, 'roc').inputs[0]!.items.map(({ labels }) => labels),
    [{ clip: 'a' }, { clip: 'b' }],
  );
  clips.write({ 'data/cases.csv': list });
  clips.write({ 'pipelines/q.yaml': fileOfRows });
  const written = value(await clips.load([], 'q.yaml'));
  const { listedBy: _, at: _a, inputs: _i, defaultOf: _d, ...same } = fit;
  const { at: _b, inputs: _c, defaultOf: _e, ...other } = stageOf(written, 'fit[clip=b]');
  const paths = { outputs: [] };
  assert.deepEqual({ ...same, ...paths }, { ...other, ...paths }, 'and nothing of the list itself');
});

const fileOfRows = `stages:
  faces: { kind: load, inputs: { images: data/ } }
  fit:
    kind: train
    matrix: { clip: { from: data/cases.csv } }
    inputs: { dataset: faces.dataset }
    with: { rate: "\${matrix.clip.rate}" }
`;

test('mistakes of a stage are found before its list is known', async () => {
  using typo = project({ rate: '0.1, epocs: 3, seed: "${matrix.clip.seed}"' });
  assert.match(shownMistakes(await typo.load()), /Unknown key "epocs" in "with"/);
  using unread = project({ rate: '"${matrix.clop.rate}"' });
  assert.match(shownMistakes(await unread.load()), /The stage has no axis "clop"/);
  using port = project({ more: '  bad: { kind: roc, inputs: { scores: [fit.scores] } }\n' });
  assert.match(shownMistakes(await port.load()), /The stage "fit" has no output "scores"/);
});

test('other axes, exclusions and a named member go with an axis that is not known', async () => {
  const more = `  best: { kind: evaluate, inputs: { model: "fit[clip=b,seed=1].model", dataset: faces.dataset } }\n`;
  const matrix = ', seed: [1, 2], exclude: [{ clip: a, seed: 2 }]';
  const rate = '"${matrix.clip.rate}", seed: "${matrix.seed}"';
  using clips = project({ matrix, more, rate });
  const before = value(await clips.load());
  assert.deepEqual(pendingNames(before), [
    'fit[clip=?,seed=1]',
    'fit[clip=?,seed=2]',
    'score[clip=?,seed=1]',
    'score[clip=?,seed=2]',
    'roc',
    'best',
  ]);
  const after = value(await clips.loadWith({ 'videos.list': list }));
  assert.deepEqual(
    names(after).filter((name) => name.startsWith('fit')),
    ['fit[clip=a,seed=1]', 'fit[clip=b,seed=1]', 'fit[clip=b,seed=2]'],
  );
  assert.match(
    shownMistakes(await clips.loadWith({ 'videos.list': 'clip,rate\na,1\nc,2\n' })),
    /The axis "clip" of the stage "fit" has no value "b"/,
  );
});

test('an empty list leaves its stages out, and those that need them', async () => {
  using clips = project();
  for (const text of ['clip,rate\n', '']) {
    const pipeline = value(await clips.loadWith({ 'videos.list': text }));
    assert.deepEqual(names(pipeline), ['faces', 'videos']);
    assert.deepEqual(pipeline.pending, []);
    assert.deepEqual(Object.fromEntries(pipeline.leftOut), {
      'fit[clip=?]': 'videos.list has no values',
      'score[clip=?]': 'videos.list has no values',
      roc: 'it needs score',
    });
  }
});

test('slots for candidates of a list are pending until it is known', async () => {
  const more = `  further:
    kind: train
    matrix: { slot: { of: fit, by: pick.choice, count: 2 } }
    inputs: { dataset: faces.dataset }
    with: { rate: "\${matrix.slot.rate}" }
  pick: { kind: command, inputs: { m: [fit.model] }, outputs: { choice: { type: choice } }, with: { run: x } }
`;
  using clips = project({ more });
  const before = pendingNames(value(await clips.load()));
  assert.deepEqual(before.slice(-3), ['further[slot=1]', 'further[slot=2]', 'pick']);
  const after = value(await clips.loadWith({ 'videos.list': list }));
  assert.deepEqual(after.pending, []);
  assert.deepEqual([...stageOf(after, 'further[slot=2]').slot!.candidates.keys()], ['a', 'b']);
});

test('a list may come from a stage that gathers the stages of another list', async () => {
  const more = `  merged: { kind: command, inputs: { s: [score.scores] }, outputs: { list: { path: artifacts/m.yaml } }, with: { run: x } }
  deep:
    kind: command
    matrix: { part: { from: merged.list } }
    with: { run: "echo \${matrix.part}" }
`;
  using clips = project({ more });
  assert.deepEqual(pendingNames(value(await clips.load())).slice(-2), ['merged', 'deep[part=?]']);
  const first = value(await clips.loadWith({ 'videos.list': list }));
  assert.deepEqual(pendingNames(first), ['deep[part=?]']);
  const both = value(await clips.loadWith({ 'videos.list': list, 'merged.list': 'p\nx\n' }));
  assert.equal(names(both).at(-1), 'deep[part=x]');
});

test('what is no list of one stage is refused at once, where it is written', async () => {
  const mistakeOf = async (axis: string, more = '') => {
    using clips = project({ axis, more });
    return shownMistakes(await clips.load());
  };
  const seeded = `  many: { kind: command, matrix: { seed: [1, 2] }, outputs: { list: {} }, with: { run: "echo \${matrix.seed}" } }\n`;
  assert.match(
    await mistakeOf('{ from: many.list }', seeded),
    /^pipelines\/p\.yaml:6:29: error: An axis takes its values from one output, but "many\.list" is one for each "seed" of the stage "many" \[wrong-reference\].*Select one: many\[seed=1\]\.list/s,
  );
  assert.match(
    await mistakeOf('{ from: faces.dataset }'),
    /takes its values from a file that ends in \.csv, \.yaml or \.json, but "faces\.dataset" is published as "artifacts\/p\/faces\/dataset" \[wrong-reference\]/,
  );
  const unnamed = `  plain: { kind: command, outputs: { list: {} }, with: { run: x } }\n`;
  assert.match(
    await mistakeOf('{ from: plain.list }', unnamed),
    /Give it such a name: outputs: \{ list: artifacts\/list\.csv \}/,
  );
  assert.match(await mistakeOf('{ from: vidios.list }'), /Unknown stage "vidios".*"videos"/s);
  assert.match(
    await mistakeOf('{ from: videos.lists }'),
    /The stage "videos" has no output "lists" \[unknown-port\].*Did you mean "list"\?/s,
  );
  assert.match(
    await mistakeOf('{ from: videos }'),
    /Expected stage\.port or a path for "from" of the axis "clip", got "videos"/,
  );
  assert.match(
    await mistakeOf('{ from: "videos[seed=1].list" }'),
    /The stage "videos" has no axis "seed"/,
  );
});

test('a stage of a matrix may make a list, if one member is selected', async () => {
  const more = `  many: { kind: command, matrix: { seed: [1, 2] }, outputs: { list: { path: "artifacts/\${matrix.seed}.csv" } }, with: { run: "echo \${matrix.seed}" } }\n`;
  using clips = project({ axis: '{ from: "many[seed=2].list" }', more });
  assert.deepEqual(value(await clips.load()).lists, [{ stage: 'many[seed=2]', port: 'list' }]);
  const pipeline = value(await clips.loadWith({ 'many[seed=2].list': list }));
  assert.deepEqual(stageOf(pipeline, 'fit[clip=a]').listedBy, ['many[seed=2]']);
});

test('an axis whose values come from its own descendants is a cycle', async () => {
  const more = `  merged: { kind: command, inputs: { s: [score.scores] }, outputs: { list: { path: artifacts/m.csv } }, with: { run: x } }\n`;
  using clips = project({ axis: '{ from: merged.list }', more });
  assert.match(
    shownMistakes(await clips.load()),
    /error: Stages need each other in a cycle: fit\[clip=\?\] → merged → score\[clip=\?\] → fit\[clip=\?\]; "fit\[clip=\?\]" takes the values of "clip" from merged\.list \[cycle\]/,
  );
  using self = project({ axis: '{ from: fit.history }' });
  assert.match(
    shownMistakes(await self.load()),
    /"fit\.history" is one for each "clip" of the stage "fit"/,
  );
});

test('what is wrong with a list is reported at its row, and at the column that it lacks', async () => {
  const mistakeOf = async (text: string, axis?: string) => {
    using clips = project({ ...(axis !== undefined && { axis }) });
    return shownMistakes(await clips.loadWith({ 'videos.list': text }));
  };
  assert.match(
    await mistakeOf('clip,rate\na,1\na,2\n'),
    /^videos\.list\.csv:3:1: error: The axis "clip" has the value "a" twice \[duplicate-value\]/,
  );
  assert.match(
    await mistakeOf('clip,rate\n"a b",1\n'),
    /^videos\.list\.csv:2:1: error: "a b" cannot stand in a stage's name \[wrong-name\]/,
  );
  assert.match(
    await mistakeOf('clip,rate\na,1\n', '{ from: videos.list, column: sourse }'),
    /^pipelines\/p\.yaml:6:50: error: "videos\.list" has no column "sourse" \[unknown-key\]/,
  );
  assert.match(await mistakeOf('clip,rate\na\n'), /expected 2 fields, got 1/);
  const many = Array.from({ length: 10_001 }, (_, index) => `${index},${index}\n`).join('');
  assert.match(
    await mistakeOf(`clip,rate\n${many}`),
    /The matrix of the stage "fit" makes 10,001 stages, at most 10,000 are allowed/,
  );
});

test('a column gives each of its values once', async () => {
  using clips = project({
    axis: '{ from: videos.list, column: person }',
    rate: '"${matrix.clip}"',
  });
  const text = 'person,clip\n7,a\n8,b\n7,c\n';
  const pipeline = value(await clips.loadWith({ 'videos.list': text }));
  assert.deepEqual(names(pipeline).slice(2, 4), ['fit[clip=7]', 'fit[clip=8]']);
});

test('an included pipeline may take a list of the file that includes it', async () => {
  using clips = new TestProject({
    'pipelines/net.yaml': `params: { videos: "" }
stages:
  each: { kind: command, matrix: { clip: { from: "\${params.videos}" } }, with: { run: "echo \${matrix.clip}" } }
`,
    'pipelines/p.yaml': `include: { net: { file: net.yaml, params: { videos: videos.list } } }
stages:
  videos: { kind: command, outputs: { list: { path: artifacts/list.csv } }, with: { run: x } }
`,
  });
  assert.deepEqual(pendingNames(value(await clips.load())), ['net/each[clip=?]']);
  const pipeline = value(await clips.loadWith({ 'videos.list': list }));
  assert.deepEqual(names(pipeline), ['net/each[clip=a]', 'net/each[clip=b]', 'videos']);
});

test('what earlier members published is of a pending stage, and nothing else is', async () => {
  using clips = project();
  const { pending } = value(await clips.load());
  assert.ok(mayBecome(pending, 'fit[clip=a]') && mayBecome(pending, 'roc'));
  assert.ok(!mayBecome(pending, 'videos') && !mayBecome(pending, 'fits[clip=a]'));
});
