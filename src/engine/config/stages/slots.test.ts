import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load, mistakes, stageOf } from '../testing-kinds.ts';

/** Candidates with a rate and epochs of their own, of which two are chosen, and of these one. */
const sweep = (rest = '') => `stages:
  fit1:
    kind: train
    matrix: { sample: { rate: { uniform: [0.1, 0.3] }, count: 3, seed: 2 } }
    inputs: { dataset: data/ }
    with: { rate: "\${matrix.sample.rate}", epochs: 1 }
  best1: { kind: command, inputs: { models: [fit1.model] }, outputs: { choice: out/1.json }, with: { run: x } }
  fit2:
    kind: train
    matrix: { slot: { of: fit1, by: best1.choice, count: 2 } }
    inputs: { dataset: data/ }
    with: { rate: "\${matrix.slot.rate}", epochs: 3 }
  score2: { kind: evaluate, inputs: { model: fit2.model, dataset: data/ } }
  best2: { kind: command, inputs: { models: [fit2.model] }, outputs: { choice: out/2.json }, with: { run: x } }
  fit3:
    kind: train
    matrix: { slot: { of: fit2, by: best2.choice, count: 1 } }
    inputs: { dataset: data/ }
    with: { rate: "\${matrix.slot.rate}", epochs: 9 }
${rest}`;

test('a slot has the settings of every candidate, and reads the choices that lead to one of them', async () => {
  const pipeline = await load(sweep());
  assert.deepEqual(
    pipeline.stages.map(({ name }) => name).filter((name) => name.includes('slot')),
    ['fit2[slot=1]', 'fit2[slot=2]', 'score2[slot=1]', 'score2[slot=2]', 'fit3[slot=1]'],
  );
  const { slot, inputs } = stageOf(pipeline, 'fit3[slot=1]');
  assert.deepEqual(
    [slot!.index, slot!.axes, [...slot!.candidates.keys()]],
    [0, [['slot'], ['sample']], ['1', '2', '3']],
  );
  const read = inputs.flatMap(({ port, items }) =>
    items.map((item) => [port, 'stage' in item && item.stage]),
  );
  assert.deepEqual(read, [
    ['dataset', false],
    ['matrix.slot', 'best2'],
    ['matrix.slot', 'best1'],
  ]);
  const candidates = pipeline.stages
    .slice(0, 3)
    .map(({ keyedSettings }) => ({ rate: keyedSettings['rate'], epochs: 9 }));
  const settings = [...slot!.candidates.values()].map(({ keyedSettings: { rate, epochs } }) => ({
    rate,
    epochs,
  }));
  assert.deepEqual(settings, candidates);
  const { inputs: candidateInputs, drawn } = slot!.candidates.get('2')!;
  assert.deepEqual(
    [candidateInputs.map(({ port, parts }) => [port, parts]), drawn],
    [[['dataset', ['train', 'val-9']]], { rate: settings[1]!.rate }],
  );
  assert.equal(stageOf(pipeline, 'score2[slot=2]').slot, undefined);
});

test('slots that cannot be filled are reported at their position', async () => {
  const messageFor = async (slot: string, more = '') => {
    const use = `inputs: { dataset: data/ }, with: { rate: "\${matrix.slot.rate}" }${more}`;
    const text = await mistakes(
      sweep(`  other: { kind: train, matrix: { slot: ${slot} }, ${use} }\n`),
    );
    return text.split('\n')[0];
  };
  const texts = [
    await messageFor('{ of: fit9, by: best1.choice, count: 2 }'),
    await messageFor('{ of: best1, by: best1.choice, count: 2 }'),
    await messageFor('{ of: fit1, by: best1.choice, count: 4 }'),
    await messageFor('{ of: fit1, by: best1.model, count: 2 }'),
    await messageFor('{ of: fit1, by: fit1.model, count: 2 }'),
    await messageFor(
      '{ of: fit1, by: best1.choice, count: 2 }',
      ', env: { RATE: "${matrix.slot.rate}" }',
    ),
    await messageFor('{ of: fit1, by: best1.choice, count: 2 }'),
  ];
  assert.deepEqual(texts, [
    'pipelines/p.yaml:20:47: error: Expected a stage in "of", got "fit9" [wrong-reference]',
    'pipelines/p.yaml:20:47: error: Slots take the values of one axis, but the stage "best1" has 0 [wrong-reference]',
    'pipelines/p.yaml:20:47: error: There are 4 slots, but the stage "fit1" has only 3 instances [wrong-reference]',
    'pipelines/p.yaml:20:41: error: Expected one choice for the slots of the axis "slot", got 0 [wrong-reference]',
    'pipelines/p.yaml:20:41: error: Expected one choice for the slots of the axis "slot", got 3 [wrong-reference]',
    'pipelines/p.yaml:20:152: error: Only "with" may depend on the slots of the axis "slot", but "env" does [wrong-reference]',
    'no mistakes',
  ]);
});

test('a path that slots share, and one that depends on a slot, get the same way out, which works', async () => {
  const messageFor = async (outputs: string) => {
    const slots = 'matrix: { slot: { of: fit1, by: best1.choice, count: 2 } }';
    const use =
      'inputs: { dataset: fit1.model }, with: { run: "echo ${matrix.slot.rate} > ${outputs.w}" }';
    return mistakes(
      sweep(`  other: { kind: command, ${slots}, ${outputs}, ${use} }\n`).replace(
        'fit1.model }',
        '"fit1[sample=1].model" }',
      ),
    );
  };
  const hint =
    'Leave its path out, outputs: { w: { type: files } }: then every instance has its own.';
  const shared = await messageFor('outputs: { w: artifacts/w.bin }');
  const varied = await messageFor('outputs: { w: { path: "artifacts/w-${matrix.slot}.bin" } }');
  assert.deepEqual(
    [shared, varied].map((text) => [text.match(/error: .*/g), text.split('\n').at(-1)!.trim()]),
    [
      [
        [
          'error: "artifacts/w.bin" is claimed by "other[slot=1]" and "other[slot=2]" [output-twice]',
        ],
        hint,
      ],
      [
        [
          'error: Only "with" may depend on the slots of the axis "slot", but "outputs" does [wrong-reference]',
        ],
        hint,
      ],
    ],
  );
  assert.equal(await messageFor('outputs: { w: { type: files } }'), 'no mistakes');
});

/** How the slots of {@link seeds} are written. */
interface SlotsText {
  readonly slot: string;
  /** Further inputs. */
  readonly more?: string;
  readonly rate?: string;
  readonly seed?: string;
}

/** Candidates with two seeds each, of which some are chosen. */
const seeds = ({
  slot,
  more = '',
  rate = '${matrix.slot.rate}',
  seed = '${matrix.seed}',
}: SlotsText) => `stages:
  fit:
    kind: train
    matrix: { sample: { rate: { uniform: [0.1, 0.3] }, count: 3, seed: 2 }, seed: [1, 2] }
    inputs: { dataset: data/ }
    with: { rate: "\${matrix.sample.rate}", seed: "\${matrix.seed}" }
  best: { kind: command, inputs: { models: [fit.model] }, outputs: { choice: out/1.json }, with: { run: x } }
  last:
    kind: train
    matrix: { ${slot} }
    inputs: { dataset: data/${more} }
    with: { rate: "${rate}", epochs: 9, seed: "${seed}" }
`;

test('candidates of several axes are chosen along those that the slots name, and their outputs are inputs', async () => {
  const slot = 'slot: { of: fit, by: best.choice, axes: [sample], count: 2 }, seed: [1, 2]';
  const pipeline = await load(seeds({ slot, more: ', start: "fit[slot].model"' }));
  assert.deepEqual(
    pipeline.stages.map(({ name }) => name).filter((name) => name.startsWith('last')),
    ['last[seed=1,slot=1]', 'last[seed=1,slot=2]', 'last[seed=2,slot=1]', 'last[seed=2,slot=2]'],
  );
  const stage = stageOf(pipeline, 'last[seed=2,slot=1]');
  const { axes, of, candidates } = stage.slot!;
  assert.deepEqual([axes, of, [...candidates.keys()]], [[['sample']], ['fit'], ['1', '2', '3']]);
  const start = stage.inputs.find(({ port }) => port === 'start')!;
  const read = [...start.bySlot!].map(([label, [item]]) => [label, 'stage' in item! && item.stage]);
  assert.deepEqual(read, [
    ['1', 'fit[sample=1,seed=2]'],
    ['2', 'fit[sample=2,seed=2]'],
    ['3', 'fit[sample=3,seed=2]'],
  ]);
  const { keyedSettings } = candidates.get('2')!;
  const { rate } = stageOf(pipeline, 'fit[sample=2,seed=1]').keyedSettings;
  assert.deepEqual([keyedSettings['rate'], keyedSettings['seed']], [rate, 2]);
});

test('the one axis that a stage does not have itself is chosen, and several give their values by name', async () => {
  const alone = seeds({ slot: 'slot: { of: fit, by: best.choice, count: 1 }, seed: [1, 2]' });
  assert.deepEqual(stageOf(await load(alone), 'last[seed=1,slot=1]').slot!.axes, [['sample']]);
  const pipeline = await load(
    seeds({
      slot: 'slot: { of: fit, by: best.choice, axes: [sample, seed], count: 5 }',
      rate: '${matrix.slot.sample.rate}',
      seed: '${matrix.slot.seed}',
    }),
  );
  const { candidates } = stageOf(pipeline, 'last[slot=5]').slot!;
  assert.deepEqual(
    [...candidates.keys()],
    [1, 2, 3].flatMap((sample) => [1, 2].map((seed) => `sample=${sample},seed=${seed}`)),
  );
  const { keyedSettings } = candidates.get('sample=2,seed=1')!;
  const { rate } = stageOf(pipeline, 'fit[sample=2,seed=1]').keyedSettings;
  assert.deepEqual([keyedSettings['rate'], keyedSettings['seed']], [rate, 1]);
});

test('a choice for each outer fold fills the slots of that fold', async () => {
  const pipeline = await load(`stages:
  fit:
    kind: train
    matrix: { outer: [1, 2], inner: [1, 2], sample: { rate: { uniform: [0.1, 0.3] }, count: 2 } }
    inputs: { dataset: data/ }
    with: { rate: "\${matrix.sample.rate}", seed: "\${matrix.outer * 10 + matrix.inner}" }
  best:
    kind: command
    matrix: { outer: [1, 2] }
    inputs: { models: [fit.model] }
    outputs: { choice: { type: choice } }
    with: { run: x }
  final:
    kind: train
    matrix: { outer: [1, 2], slot: { of: fit, by: best.choice, axes: [sample], count: 1 } }
    inputs: { dataset: data/ }
    with: { rate: "\${matrix.slot.rate}", seed: "\${matrix.outer}" }
`);
  const choiceOf = (name: string) =>
    stageOf(pipeline, name)
      .inputs.at(-1)!
      .items.map((item) => 'stage' in item && item.stage);
  assert.deepEqual(choiceOf('final[outer=1,slot=1]'), ['best[outer=1]']);
  assert.deepEqual(choiceOf('final[outer=2,slot=1]'), ['best[outer=2]']);
  const read = stageOf(pipeline, 'best[outer=2]').inputs[0]!.items;
  assert.deepEqual(
    read.map(({ labels }) => labels),
    ['1', '2'].flatMap((inner) => ['1', '2'].map((sample) => ({ inner, sample }))),
  );
});

test('slots that leave open what is chosen, and outputs of no candidate, are reported', async () => {
  const slot = 'slot: { of: fit, by: best.choice, count: 1 }';
  const slotAndSeed = `${slot}, seed: [1, 2]`;
  const wrong: readonly SlotsText[] = [
    { slot, seed: '1' },
    { slot: slotAndSeed.replace('count', 'axes: [sampel], count') },
    { slot: slotAndSeed, more: ', start: "fit[slots].model"' },
    { slot: slotAndSeed, more: ', start: "best[slot].choice"' },
  ];
  const asNumbers = `${seeds({ slot: slotAndSeed })}  other:
    kind: command
    matrix: { sample: { of: fit, by: best.choice, axes: [sample], count: 1 } }
    inputs: { models: [fit.model] }
    outputs: { text: { type: files } }
    with: { run: "echo \${matrix.sample.rate} > \${outputs.text}" }
`;
  const texts = await Promise.all([...wrong.map(seeds), asNumbers].map((text) => mistakes(text)));
  assert.deepEqual(
    texts.map((text) => /error: (.*)/.exec(text)?.[1]),
    [
      'The stage "fit" has the axes sample and seed, and the slots do not say which of them are chosen [wrong-reference]',
      'The stage "fit" has no axis "sampel" [unknown-axis]',
      'The stage "last[seed=1,slot=1]" has no slots on an axis "slots" [unknown-axis]',
      'The slots of "slot" hold candidates of "fit", not of "best" [wrong-reference]',
      '"sample" is an axis of slots here, so "fit.model" is not the output of one candidate [wrong-reference]',
    ],
  );
});
