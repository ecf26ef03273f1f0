import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chartContent } from '../../../test/support/chart-content.ts';
import { asType } from '../../../test/support/partial-value.ts';
import { sha256 } from '../../digest.ts';
import { folderListing, partsDigest } from '../../engine/files/listing.ts';
import type { BinaryRow } from '../../learning/metrics/scores/binary-view.ts';
import { whichArePositive } from '../../learning/metrics/scores/class-settings.ts';
import { formatComparison, latexOf, markdownOf } from '../terminal/format-comparison.ts';
import { compareSubjects } from './compare-subjects.ts';
import { comparisonCharts } from './comparison-charts.ts';
import { renderComparison } from './comparison-page.ts';
import { type Subject, type SubjectStage, upstreamOf } from './comparison-subject.ts';
import { comparisonTables } from './comparison-tables.ts';

const fit = (settings: Record<string, number>, data = 'faces'): SubjectStage => ({
  fingerprint: {
    kind: 'train',
    version: 1,
    settings: { optimizer: settings },
    inputs: { dataset: [{ digest: sha256(data) }] },
    outputs: ['model'],
  },
  metrics: new Map(),
});
/** Eight images, of which the fakes from `right` on are scored above every real one. */
const rows = (right: number): BinaryRow[] =>
  Array.from({ length: 8 }, (_, i) => {
    const label = i < 4 ? 0 : 1;
    const below = label === 0 ? -1 : -2;
    const isRight = label === 1 && i >= right;
    return {
      key: `${i}`,
      split: 'test',
      label,
      negative: 0,
      positive: isRight ? 1 + i / 10 : below - i / 10,
    };
  });
const scores = (accuracy: number, right: number): SubjectStage => ({
  metrics: new Map([
    ['test.accuracy', { value: accuracy, interval: [accuracy - 0.1, accuracy + 0.1] as const }],
  ]),
  scores: rows(right),
});
const subject = (
  label: string,
  stages: Record<string, SubjectStage>,
  isStage = false,
): Subject => ({
  label,
  stages: new Map(Object.entries(stages)),
  isStage,
});

test('settings are compared value by value; one that is left out has its default', () => {
  const { settings } = compareSubjects([
    subject('a', { fit: fit({ rate: 0.1, decay: 0.9 }) }),
    subject('b', { fit: fit({ rate: 0.2 }, 'other faces') }),
    subject('c', { fit: fit({ rate: 0.1, decay: 0.9 }) }),
  ]);
  assert.deepEqual(settings, [
    { stage: 'fit', path: 'settings.optimizer.rate', values: [0.1, 0.2, 0.1] },
    { stage: 'fit', path: 'settings.optimizer.decay', values: [0.9, undefined, 0.9] },
    {
      stage: 'fit',
      path: 'inputs.dataset[0].digest',
      values: ['faces', 'other faces', 'faces'].map(
        (data) => `content ${sha256(data).slice(0, 10)}`,
      ),
    },
  ]);
});

test('numbers and scores of two runs become tables, differences the first minus the second', () => {
  const comparison = compareSubjects([
    subject('before', { fit: fit({ rate: 1 }), scores: scores(0.75, 6) }),
    subject('after', { fit: fit({ rate: 1 }), scores: scores(1, 4), extra: fit({}) }),
  ]);
  const text = formatComparison(comparisonTables(comparison));
  assert.match(text, /^Settings that differ\n {2}None in the shared stages\.\n/);
  assert.match(text, /Stages missing from some\n {2}stage {2}not in\n {2}extra {2}before\n/);
  assert.match(text, /test\.accuracy {2}0\.750 \(0\.650–0\.850\) {2}1 \(0\.900–1\.100\) +−0\.250/);
  assert.match(text, /scores: differences on test, image by image \(8 images\)/);
  assert.match(text, /before {2}after {2}AUC +−0\.5000 {2}.*DeLong/);
  assert.match(
    text,
    /before {2}after {2}accuracy +−0\.2500 {2}.* 0\.5000 +0\.5000 {2}McNemar, exact/,
  );
  assert.match(
    text,
    /\n {2}The difference in accuracy is not shown: it may be chance \(p = 0\.500\)\.\n/,
  );
});

test('few groups are said below the tests that rest on them', () => {
  const grouped = (right: number): SubjectStage => {
    const copies = rows(right).map((row) => ({
      ...row,
      group: `film ${row.label} ${Number(row.key) % 2}`,
    }));
    return { ...scores(0.5, right), scores: copies };
  };
  const comparison = compareSubjects([
    subject('before', { scores: grouped(6) }),
    subject('after', { scores: grouped(4) }),
  ]);
  const text = formatComparison(comparisonTables(comparison));
  assert.match(text, /accuracy .* exchange of groups\n/);
  assert.ok(
    text.includes(
      '\n  test has few groups: 2 of real and 2 of fake. With fewer than 20 of a class, intervals are wide, and tests find only large differences.',
    ),
    text,
  );
});

test('counts of images, confusion matrices and predicted classes are in the JSON only', () => {
  const measured = (count: number): SubjectStage => {
    const counts = ['images', 'real', 'fake', 'confusion.trueReal', 'called.real', 'called.fake'];
    const numbers = [
      ...counts,
      'auc',
      'atValYoudenThreshold.called.real',
      'bySource.real.accuracy',
    ];
    return { metrics: new Map(numbers.map((name) => [`test.${name}`, { value: count }])) };
  };
  const comparison = compareSubjects([
    subject('a', { s: measured(1) }),
    subject('b', { s: measured(2) }),
  ]);
  const tables = comparisonTables(comparison).filter(({ title }) => /metrics/i.test(title));
  assert.deepEqual(
    tables.map(({ rows }) => rows.map(([name]) => name)),
    [['test.auc'], ['test.bySource.real.accuracy']],
  );
});

test('tests and the main numbers come first; the many others, and what inputs hold, are shown when asked for', async () => {
  const measured = (value: number): SubjectStage => {
    const names = ['val.auc', 'test.auc', 'test.accuracy', 'test.loss', 'test.brier', 'test.f1'];
    return { ...scores(value, 4), metrics: new Map(names.map((name) => [name, { value }])) };
  };
  const comparison = compareSubjects([
    subject('a', { fit: fit({ rate: 1 }), scores: measured(0.5) }),
    subject('b', { fit: fit({ rate: 1 }, 'other faces'), scores: measured(0.75) }),
  ]);
  const tables = comparisonTables(comparison);
  const heads = (text: string) => text.split('\n').filter((line) => /^\S/.test(line));
  const first = [
    'Settings that differ',
    'scores: differences on test, image by image (8 images)',
    'Metrics',
  ];
  assert.deepEqual(heads(formatComparison(tables)), [
    ...first,
    '… and 3 further numbers, 1 input with other content: --all shows them',
  ]);
  assert.deepEqual(heads(formatComparison(tables, true)), [
    ...first,
    'Further metrics',
    'Inputs that differ in content',
  ]);
  const page = await renderComparison(comparison, 0, assert.fail);
  assert.equal(page.match(/>Metrics</g)?.length, 2); // in the list of contents and above the table
  assert.match(page, /<summary>3 further numbers<\/summary>/);
});

test('single stages that were named are compared whatever they are called', () => {
  const { metrics, missing } = compareSubjects([
    subject('a:scores', { scores: scores(0.5, 6) }, true),
    subject('b:measured', { measured: scores(0.75, 5) }, true),
  ]);
  assert.deepEqual(missing, []);
  assert.equal(metrics[0]!.stage, 'scores / measured');
  assert.deepEqual(
    metrics[0]!.values.map((value) => value?.value),
    [0.5, 0.75],
  );
});

test('subjects that share no number get a command that compares a stage of each', () => {
  const noted = (...subjects: readonly Subject[]) =>
    comparisonTables(compareSubjects(subjects)).find(({ title }) => title === 'Metrics')?.note;
  const measured: SubjectStage = { metrics: new Map([['faces', { value: 8 }]]) };
  const seeds = {
    audit: measured,
    'fit[seed=7]': fit({}),
    'scores[seed=7]': scores(1, 4),
    'scores[seed=8]': scores(1, 4),
  };
  const stagesOfA = { fit: fit({}), scores: scores(0.75, 6) };
  const message = 'No metric in common. Name a stage of each, as in: restage compare';
  assert.equal(
    noted(subject('runs/a', seeds), subject('b', stagesOfA)),
    `${message} runs/a:scores@seed=7 b:scores`,
  );
  assert.equal(
    noted(
      subject('a:scores[seed=8]', { 'scores[seed=8]': scores(1, 4) }, true),
      subject('b', stagesOfA),
    ),
    `${message} a:scores@seed=8 b:scores`,
  );
  assert.equal(noted(subject('a', seeds), subject('b', { fit: fit({}) })), 'No metric in common.');
  const included = subject('c', {
    'wide/other': measured,
    'wide/scores': { metrics: scores(1, 4).metrics },
  });
  assert.equal(
    noted(subject('a:fit', { fit: measured }, true), subject('d', { x: scores(1, 4) })),
    `${message} a:fit d:x`,
  );
  assert.equal(noted(subject('a', seeds), included), `${message} a:scores@seed=7 c:wide/scores`);
  assert.equal(noted(subject('a', stagesOfA), subject('b', stagesOfA)), undefined);
});

test('a difference without a known spread has a dash for its interval', () => {
  const unpaired = {
    metrics: new Map(),
    scores: rows(4).map((row) => ({ ...row, positive: 1 })),
  };
  const comparison = compareSubjects([
    subject('a', { s: scores(1, 4) }),
    subject('b', { s: unpaired }),
  ]);
  assert.match(formatComparison(comparisonTables(comparison)), /AUC +\+0\.5000 +– +–/);
});

test('scores of different images are reported, not compared', () => {
  const unpaired = {
    metrics: new Map(),
    scores: rows(4).map((row) => ({ ...row, key: `other ${row.key}` })),
  };
  const comparison = compareSubjects([
    subject('a', { s: scores(1, 4) }),
    subject('b', { s: unpaired }),
  ]);
  assert.match(
    formatComparison(comparisonTables(comparison)),
    /Not compared: expected the same images .* got 0 in common/,
  );
  assert.deepEqual(comparisonCharts(comparison), []);
});

test('scores without two sides are reported in one line, and a curve names the positive side', () => {
  const unpaired = { metrics: new Map(), unpaired: whichArePositive(['cat', 'dog', 'owl']) };
  const several = compareSubjects([subject('a', { s: unpaired }), subject('b', { s: unpaired })]);
  assert.match(
    formatComparison(comparisonTables(several)),
    /Not compared: tests need two sides, which evaluate sets: expected "positive" to say which of the classes cat, dog, owl count as positive/,
  );
  const pets = { ...scores(1, 4), sides: ['cat', 'dog'] as const };
  const two = compareSubjects([subject('a', { s: pets }), subject('b', { s: pets })]);
  assert.deepEqual(comparisonCharts(two).map(titleOf), [
    'ROC on test | s: 8 images that all scored; dog is positive',
  ]);
});

/** A stage whose model of three classes has the first `right` of 30 images right. */
function classified(right: number): SubjectStage {
  const classes = ['cat', 'dog', 'owl'];
  const rows = Array.from({ length: 30 }, (_, i) => ({
    key: `${i}`,
    split: 'test',
    label: classes[i % 3]!,
    right: i < right ? 1 : 0,
  }));
  const metrics = new Map([['test.accuracy', { value: right / 30 }]]);
  return { metrics, unpaired: whichArePositive(classes), answers: { classes, rows } };
}

test('scores of more than two classes are compared by which images each has right', () => {
  const comparison = compareSubjects([
    subject('a', { s: classified(20) }),
    subject('b', { s: classified(26) }),
  ]);
  assert.deepEqual(comparisonCharts(comparison), []);
  // Six images that only b has right: 2 / 2^6.
  assert.match(
    formatComparison(comparisonTables(comparison)),
    /s: accuracy over 3 classes on test, image by image \(30 images\)\n.*\n.*\ba +b +accuracy +−0\.2000\* +−0\.\d+ to −0\.\d+ +0\.0313 +0\.0313 +McNemar, exact\n/i,
  );
  // With two sides that `evaluate` sets.
  const { unpaired: _, ...answered } = classified(20);
  const named = { ...answered, ...scores(1, 4) };
  const both = compareSubjects([subject('a', { s: named }), subject('b', { s: named })]);
  assert.deepEqual(
    both.paired.map((paired) => ('classes' in paired ? paired.classes : 'positive' in paired)),
    [['cat', 'dog', 'owl'], true],
  );
  const mixed = compareSubjects([
    subject('a', { s: classified(20) }),
    subject('b', { s: scores(1, 4) }),
  ]);
  assert.match(formatComparison(comparisonTables(mixed)), /Not compared: tests need two sides/);
});

test('runs that differ in one axis are pooled: of more classes by accuracy, of two sides by AUC too', () => {
  const seeds = (rights: readonly number[], net = '') =>
    Object.fromEntries(
      rights.map((right, seed) => [`s[${net}seed=${seed + 1}]`, classified(right)]),
    );
  const whole = compareSubjects(
    [subject('a', seeds([18, 20, 22])), subject('b', seeds([25, 26]))],
    'all',
    ['seed'],
  );
  assert.equal(whole.paired.length, 1, 'single runs are not compared');
  assert.match(
    formatComparison(comparisonTables(whole)),
    /s over seed: accuracy over 3 classes on test, image by image, means of 2 to 3 runs \(30 images\)\n.*\n.*\ba +b +accuracy +−0\.1833.* Welch over runs and images\n/i,
  );
  const named = compareSubjects(
    [
      subject('a:s[net=1]', seeds([18, 20, 22], 'net=1,'), true),
      subject('a:s[net=2]', seeds([25, 26, 27], 'net=2,'), true),
    ],
    'all',
    ['seed'],
  );
  assert.deepEqual(
    named.paired.map(({ stage, ...paired }) => [stage, 'runs' in paired && paired.runs]),
    [['s[net=1] / s[net=2] over seed', [3, 3]]],
  );
  const sided = (label: string, rights: readonly number[]) =>
    subject(
      label,
      Object.fromEntries(rights.map((right, seed) => [`s[seed=${seed}]`, scores(1, right)])),
    );
  const [two] = compareSubjects([sided('a', [4, 5]), sided('b', [6, 7])], 'all', ['seed']).paired;
  assert.ok(two !== undefined && 'pairs' in two && !('classes' in two) && !('curves' in two));
  assert.deepEqual(
    two.pairs.map(({ accuracy }) => accuracy.test),
    ['runs-and-images'],
  );
});

test('Markdown keeps bars in names from breaking a table', () => {
  const [table] = comparisonTables(
    compareSubjects([
      subject('a|b', { fit: fit({ rate: 1 }) }),
      subject('c', { fit: fit({ rate: 2 }) }),
    ]),
  );
  assert.equal(
    markdownOf([table!]),
    '## Settings that differ\n\n| value | a\\|b | c |\n| --- | --- | --- |\n| settings.optimizer.rate | 1 | 2 |\n',
  );
});

test('LaTeX has the tables for booktabs; a difference beyond chance after Holm is marked in every form', () => {
  const many = (wrong: number): SubjectStage => ({
    metrics: new Map(),
    scores: Array.from({ length: 80 }, (_, i) => {
      const isFake = i % 2 === 1;
      const height = i < wrong ? -1 - i / 100 : 1 + i / 100;
      return {
        key: `${i}`,
        split: 'test',
        label: isFake ? 1 : 0,
        negative: 0,
        positive: isFake ? height : -height,
      };
    }),
  });
  const tables = comparisonTables(
    compareSubjects([subject('a_1', { s: many(40) }), subject('b', { s: many(0) })]),
  );
  assert.match(
    formatComparison(tables),
    /a_1 +b +accuracy +−0\.5000\*\*\* [\s\S]*\n {2}Marks, by p \(Holm\): \* p < 0\.05, /,
  );
  const latex = latexOf(tables.filter(({ title }) => title.includes('image by image')));
  assert.match(
    latex,
    /^% s: differences on test, image by image \(80 images\)\n\\begin\{tabular\}\{l+\}\n {2}\\toprule\n/,
  );
  assert.match(latex, /a\\_1 & b & accuracy & \$-\$0\.5000\*\*\* & .* \\\\\n {2}\\bottomrule/);
});

test('the curves of all are overlaid, each with its AUC', () => {
  const history = {
    splits: ['val'],
    chosenEpoch: 1,
    images: { val: { real: 700, fake: 500 } },
    epochs: [
      {
        epoch: 1,
        learningRate: 1,
        running: { loss: 1, accuracy: 1 },
        splits: { val: { loss: 1, accuracy: 0.5 } },
      },
    ],
  };
  const charts = comparisonCharts(
    compareSubjects([
      subject('a', { s: { ...scores(1, 4), history } }),
      subject('b', { s: { ...scores(0.75, 6), history } }),
    ]),
  );
  assert.deepEqual(
    charts.map(({ name }) => name),
    ['s, ROC', 's, training'],
  );
  assert.match(JSON.stringify(charts[0]!.spec), /"a: AUC 1\.000","b: AUC 0\.500"/);
  assert.deepEqual(charts.map(titleOf), [
    'ROC on test | s: 8 images that all scored; fake is positive',
    'Training on val | s, after each epoch; 1,200 images',
  ]);
});

/** The title and subtitle of a chart, without line breaks. */
function titleOf({ spec }: ReturnType<typeof comparisonCharts>[number]): string {
  const { title } = chartContent<{
    readonly title: Readonly<Record<'text' | 'subtitle', readonly string[]>>;
  }>(spec);
  const { text, subtitle } = title;
  return `${text.join(' ')} | ${subtitle.join(' ')}`;
}

test('the legends of overlaid curves have each area, and the accuracy that each training kept', () => {
  const many = (right: boolean): SubjectStage => ({
    metrics: new Map(),
    scores: Array.from({ length: 1200 }, (_, i) => {
      const label = (i % 2) as 0 | 1;
      return {
        key: `${i}`,
        split: 'test',
        label,
        negative: 0,
        positive: right ? label + Math.sin(i) / 3 : Math.sin(7 * i),
      };
    }),
  });
  const trained = (accuracies: readonly number[], chosenEpoch: number) => ({
    splits: ['val'],
    chosenEpoch,
    epochs: accuracies.map((accuracy, i) => ({
      epoch: i + 1,
      learningRate: 1,
      running: { loss: 1, accuracy: 1 },
      splits: { val: { loss: 1, accuracy } },
    })),
  });
  const charts = comparisonCharts(
    compareSubjects([
      subject('a', { s: { ...many(false), history: trained([0.5, 0.6], 1) } }),
      subject('b', { s: { ...many(true), history: trained([0.5, 0.55, 0.4], 2) } }),
    ]),
  );
  const [roc, training] = charts.map(({ spec }) => JSON.stringify(spec));
  assert.match(roc!, /"a: AUC 0\.\d{3}","b: AUC 1\.000"/);
  assert.match(training!, /"a: 0\.500 at epoch 1","b: 0\.550 at epoch 2"/);
});

test('two instances of a stage differ in the settings of their upstream stages', () => {
  const listing = (text: string) =>
    folderListing(
      ['train', 'val', 'test'].map((part) => ({
        path: `${part}/${text}`,
        digest: sha256(text),
        size: 1,
      })),
    );
  const stage = (
    settings: Record<string, number>,
    reads: string[],
    makes: string,
  ): SubjectStage => ({
    fingerprint: {
      kind: 'x',
      version: 1,
      outputs: [],
      settings,
      inputs: {
        in: reads.map((text) => ({ digest: partsDigest(listing(text), ['train', 'val']) })),
      },
    },
    outputs: [listing(makes)],
    metrics: new Map(),
  });
  const stages = new Map([
    ['faces', stage({ size: 64 }, [], 'faces')],
    ['other', stage({}, [], 'unread')],
    ['best', stage({}, ['model 1', 'model 2'], 'model 2')],
    ...[1, 2].flatMap((seed): [string, SubjectStage][] => [
      [`fit[seed=${seed}]`, stage({ seed }, ['faces'], `model ${seed}`)],
      [`scores[seed=${seed}]`, stage({}, [`model ${seed}`], `scores ${seed}`)],
    ]),
  ]);
  const named = [1, 2].map((seed): Subject => {
    const name = `scores[seed=${seed}]`;
    const upstream = upstreamOf(name, stages);
    assert.deepEqual([...upstream.keys()], [`fit[seed=${seed}]`, 'faces']);
    return { ...subject(name, { [name]: stages.get(name)! }, true), upstream };
  });
  assert.deepEqual(
    compareSubjects(named).settings.filter(({ path }) => path.startsWith('settings')),
    [{ stage: 'fit[seed=1] / fit[seed=2]', path: 'settings.seed', values: [1, 2] }],
  );
});

test('an empty map of settings is no value', () => {
  const { settings } = compareSubjects([
    subject('a', { fit: fit({}) }),
    subject('b', { fit: fit({ rate: 1 }) }),
  ]);
  assert.deepEqual(settings, [
    { stage: 'fit', path: 'settings.optimizer.rate', values: [undefined, 1] },
  ]);
});

test('a list that only one subject has is one value, and so is a map beside a name', () => {
  const withModel = (model: unknown) => fit(asType({ model }));
  const layers = [{ conv: 16 }, 'relu'];
  const differ = (...models: readonly unknown[]) =>
    compareSubjects(
      models.map((model, i) => subject('abc'[i]!, { fit: withModel(model) })),
    ).settings.map(({ path, values }) => [path, ...values]);
  assert.deepEqual(differ('simple-net', { layers }), [
    ['settings.optimizer.model', 'simple-net', { layers }],
  ]);
  assert.deepEqual(differ(undefined, { layers }), [
    ['settings.optimizer.model.layers', undefined, layers],
  ]);
  assert.deepEqual(differ({ layers }, { layers: [{ conv: 8 }, 'relu'] }), [
    ['settings.optimizer.model.layers[0].conv', 16, 8],
  ]);
});

test('a value names its stage wherever several stages are compared, though only one differs', () => {
  const pipeline = (label: string, rate: number) =>
    subject(label, { fit: fit({ rate }), other: fit({}) });
  const [table] = comparisonTables(compareSubjects([pipeline('a', 0.1), pipeline('b', 0.2)]));
  assert.deepEqual(table!.columns, ['stage', 'value', 'a', 'b']);
  assert.deepEqual(table!.rows, [['fit', 'settings.optimizer.rate', '0.1', '0.2']]);
  const [alone] = comparisonTables(
    compareSubjects([0.1, 0.2].map((rate) => subject('s', { fit: fit({ rate }) }, true))),
  );
  assert.deepEqual(
    alone!.columns,
    ['value', 's', 's'],
    'two stages that the user named need no column',
  );
});

test('the main numbers of curves of several classes are one number of each class, and no counts', () => {
  const names = ['cat', 'dog', 'owl'].flatMap((name) =>
    ['negative', 'positive', 'equalErrorRate', 'auc'].map((measure) => `models.${name}.${measure}`),
  );
  const curves: SubjectStage = {
    metrics: new Map(names.map((name, i) => [name, { value: i / 20 }])),
  };
  const tables = comparisonTables(
    compareSubjects([subject('a', { roc: curves }), subject('b', { roc: curves })]),
  );
  const namesIn = (title: string) =>
    tables.find((table) => table.title === title)!.rows.map(([name]) => name);
  assert.deepEqual(namesIn('Metrics'), ['models.cat.auc', 'models.dog.auc', 'models.owl.auc']);
  assert.deepEqual(namesIn('Further metrics'), [
    'models.cat.equalErrorRate',
    'models.dog.equalErrorRate',
    'models.owl.equalErrorRate',
  ]);
});
