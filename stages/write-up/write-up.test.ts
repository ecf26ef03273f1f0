import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type InputArtifact, StageError } from '../../src/stage.ts';
import { checkDocument } from '../../test/support/check-document.ts';
import { digestOf as shortDigest } from '../../test/support/golden.ts';
import { StageBench } from '../../test/support/stage-bench.ts';
import run from './run.ts';
import { spec } from './spec.ts';

/**
 * Metrics of two seeds, a table, a chart and a drawing with stand-ins for pictures, and the
 * information of a model.
 */
function artifacts(bench: StageBench): Readonly<Record<string, string | readonly InputArtifact[]>> {
  const write = (file: string, text: string) => {
    const path = join(bench.root, file);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, text);
    return path;
  };
  const metrics = (seed: number, auc: number) => ({
    path: write(
      `scores-${seed}.json`,
      JSON.stringify({
        confidence: 0.95,
        splits: {
          test: {
            images: 2100,
            auc,
            accuracy: auc - 0.125,
            loss: null,
            intervals: { auc: [auc - 0.02, auc + 0.02] },
          },
        },
      }),
    ),
    labels: { seed: `${seed}` },
  });
  const title = { text: ['Validation accuracy peaks', 'at 74.5 %'], subtitle: [''] };
  write('curves/chart.vl.json', JSON.stringify({ title }));
  write('curves/chart.svg', '<svg/>');
  write('curves/chart.png', 'png');
  write('drawing/network.svg', '<svg><title>my&#38;net at 96 x 96</title></svg>');
  write('drawing/network.png', 'png');
  write(
    'model/info.json',
    JSON.stringify({ chosenEpoch: 4, backend: 'onnxruntime', input: { size: 96 } }),
  );
  return {
    scores: [metrics(1, 0.75), metrics(2, 0.875)],
    board: write('board.csv', 'model,rank,share\n"my|net",1,0.25\nother,2,\n'),
    curves: join(bench.root, 'curves'),
    drawing: join(bench.root, 'drawing'),
    model: join(bench.root, 'model'),
    note: write('note.md', '**noted**\n'),
  };
}

async function written(
  bench: StageBench,
  template: string,
  settings: object = {},
): Promise<string> {
  const path = join(bench.root, 'template.md');
  writeFileSync(path, template);
  const inputs = { template: path, ...artifacts(bench) };
  await bench.run(spec, run, { with: { name: 'study', ...settings }, inputs });
  return readFileSync(join(bench.output('document'), 'study.md'), 'utf8');
}

test('places become what they read: numbers with their intervals, means over runs, texts, tables and figures', async () => {
  using bench = new StageBench();
  const markdown = await written(
    bench,
    `# Study

AUC {{ scores[seed=1] test.auc | interval }}, accuracy {{scores[seed=2]  test.accuracy|percent}} of {{ scores[seed=1] test.images }} images.
Mean {{ scores test.auc | mean 2 interval }} (of one: {{ scores[seed=1] test.auc | mean interval }}), {{ scores test.auc | values }}, {{ scores test.accuracy | range percent 0 }}.
Ranks {{ board rank | values }}, {{ board share | values percent }}, {{ scores[seed=1] test.loss }}; better by {{ scores test.auc - scores test.accuracy | mean points }}; times {{ scores[seed=2] test.auc / scores[seed=1] test.auc | 2 }}.
Epoch {{ model chosenEpoch }} on {{ model backend }} at {{ model input.size }}; {{ board[rank=1] model }} has {{ board[rank=1] share | percent }}.
\\{{ literal }} {{ curves | title }}: {{ note }}

{{ curves }} {{ drawing }}

{{ board | percent }}

{{ board (share as share of all, rank) }}

{{ board (model, share | percent 0 as share of all, rank | 1) }}
`,
  );
  assert.equal(
    markdown,
    `# Study

AUC 0.750 (0.730 to 0.770), accuracy 75.0 % of 2,100 images.
Mean 0.81 (0.02 to 1.61) (of one: 0.750 (0.730 to 0.770)), 0.750, 0.875, 63 % to 75 %.
Ranks 1, 2, 25.0 %, –, –; better by 12.5 points; times 1.17.
Epoch 4 on onnxruntime at 96; my|net has 25.0 %.
{{ literal }} Validation accuracy peaks at 74.5 %: **noted**

![Validation accuracy peaks at 74.5 %](study/curves.png) ![my&net at 96 x 96](study/drawing-network.png)

| model | rank | share |
| --- | ---: | ---: |
| my\\|net | 1 | 25.0 % |
| other | 2 | – |

| share of all | rank |
| ---: | ---: |
| 0.25 | 1 |
| – | 2 |

| model | share of all | rank |
| --- | ---: | ---: |
| my\\|net | 25 % | 1.0 |
| other | – | 2.0 |
`,
  );
  assert.deepEqual(readdirSync(join(bench.output('document'), 'study')).sort(), [
    'curves.png',
    'drawing-network.png',
    'sources.json',
  ]);
  assert.deepEqual(bench.warnings, []);
});

test('a text includes another write-up, what a command wrote, and facts that no artifact holds', async () => {
  using bench = new StageBench();
  const inner = join(bench.root, 'inner');
  mkdirSync(join(inner, 'inner'), { recursive: true });
  writeFileSync(
    join(inner, 'inner.md'),
    '| a | b |\n| --- | --- |\n\n![A chart](inner/a.png) ![gone](inner/b.png)\n',
  );
  writeFileSync(join(inner, 'inner/a.png'), 'png');
  const machine = join(bench.root, 'machine');
  const template = join(bench.root, 'template.md');
  writeFileSync(machine, '{"cpu":"Xeon","cores":2}');
  writeFileSync(
    template,
    '{{ inner }}\n{{ machine cores }} cores of a {{ machine cpu }}, {{ facts took }}\n',
  );
  const settings = { facts: { took: '1 h 40 min' } };
  await bench.run(spec, run, { with: settings, inputs: { template, inner, machine } });
  assert.equal(
    readFileSync(join(bench.output('document'), 'write-up.md'), 'utf8'),
    '| a | b |\n| --- | --- |\n\n![A chart](write-up/inner-a.png) ![gone](inner/b.png)\n2 cores of a Xeon, 1 h 40 min\n',
  );
  assert.equal(readFileSync(join(bench.output('document'), 'write-up/inner-a.png'), 'utf8'), 'png');
});

test('pictures that may not be passed on are left out but named, and an input that nothing reads causes a warning', async () => {
  using bench = new StageBench();
  const markdown = await written(bench, '{{ curves }}\n', { leaveOut: ['curves'] });
  assert.equal(markdown, '*Validation accuracy peaks at 74.5 %* (picture left out)\n');
  assert.deepEqual(bench.warnings, [
    'The template reads nothing of scores, board, drawing, model, note.',
  ]);
});

test('all mistakes of a template are reported at once, with their positions and the alternatives', async () => {
  using bench = new StageBench();
  const template = join(bench.root, 'template.md');
  await assert.rejects(
    written(
      bench,
      `{{ scors test.auc }}
{{ scores test.acu }} {{ scores test.auc }}
{{ scores[seed=3] test.auc }} {{ scores[seed=1] test.loss }}
{{ board share }} {{ board[rank=9] share }} {{ board[rank=1] shar }} {{ curves x }}
{{ scores[seed=1] test.auc | percnt }} {{ scores[seed=1] }}
{{ board (rank, share | mean) }}
`,
    ),
    new StageError(`The template cannot be filled:
${template}:1:1: {{ scors test.auc }}: the stage has no input "scors". Did you mean "scores"? There are scores, board, curves, facts.
${template}:2:1: {{ scores test.acu }}: expected a value, got "test.acu". Did you mean "test.auc"? There are test.images, test.auc, test.accuracy, test.loss.
${template}:2:23: {{ scores test.auc }}: expected one value, got 2: choose one by an axis or a column, as in input[seed=7], or say "mean", "values" or "range"
${template}:3:1: {{ scores[seed=3] test.auc }}: no artifact fits; there are scores[seed=1], scores[seed=2]
${template}:4:1: {{ board share }}: expected one value, got 2: choose one by an axis or a column, as in input[seed=7], or say "mean", "values" or "range"
${template}:4:19: {{ board[rank=9] share }}: expected a row with rank=9, got none; choose by columns, as in table[model=my|net]
${template}:4:45: {{ board[rank=1] shar }}: expected a column, got "shar". Did you mean "share"? There are model, rank, share.
${template}:4:70: {{ curves x }}: expected an artifact with values, got pictures
${template}:5:1: {{ scores[seed=1] test.auc | percnt }}: expected percent, points, count, mean, values, range, interval, bounded, title or a number of decimals after the bar, got "percnt"
${template}:5:40: {{ scores[seed=1] }}: expected the path of a value after the input
${template}:6:1: {{ board (rank, share | mean) }}: expected percent, points, count or a number of decimals after the bar, got "mean"`),
  );
  await assert.rejects(
    written(bench, 'one\n{{ }}\nan {{ unclosed place\n'),
    new StageError(
      `The template has mistakes:\n${template}:2:1: expected an input and what is read of it, as in {{ scores test.auc | percent }}, got {{  }}\n` +
        `${template}:3:4: expected }} after {{, with no brace between; two braces of the text are \\{{`,
    ),
  );
});

test('a document that was changed by hand, or whose figures or template have changed, is recognised', async () => {
  using bench = new StageBench();
  const template = 'AUC {{ scores test.auc | mean }}\n{{ curves }}\n';
  await written(bench, template);
  const folder = bench.output('document');
  const file = join(folder, 'study.md');
  const check = (text = template) => checkDocument(folder, 'study', text);
  assert.deepEqual(check(), []);
  assert.deepEqual(check(`${template}more\n`), ['the template is not the one that was filled']);
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replace('0.81', '0.91'));
  assert.deepEqual(check(), [
    'study.md is not what was written',
    'study.md says other than its sources',
  ]);
  writeFileSync(file, text);
  writeFileSync(join(folder, 'study/curves.png'), 'other');
  assert.deepEqual(check(), ['study/curves.png is not the picture that was written']);
});

test('a text that includes another records its sources, so that a change of the other’s template is noticed', async () => {
  using inner = new StageBench();
  const part = '{{ scores test.auc | mean interval bounded }}\n';
  // An interval over nearly all of 0 to 1 is left out.
  assert.equal(await written(inner, part), '0.813\n');
  using outer = new StageBench();
  const path = join(outer.root, 'outer.md');
  writeFileSync(path, '{{ part }}\n');
  await outer.run(spec, run, {
    with: { name: 'outer' },
    inputs: { template: path, part: inner.output('document') },
  });
  const check = (template: string) =>
    checkDocument(outer.output('document'), 'outer', '{{ part }}\n', { part: template });
  assert.deepEqual(check(part), []);
  assert.deepEqual(check('{{ scores test.auc | mean }}\n'), [
    'the template of its part is not the one that was filled',
  ]);
});

test('results change only with the version of the kind', async () => {
  using bench = new StageBench();
  await written(bench, 'AUC {{ scores test.auc | mean interval }}\n{{ board }}\n{{ curves }}\n');
  const folder = bench.output('document');
  const digest = shortDigest(join(folder, 'study.md'), join(folder, 'study/sources.json'));
  assert.deepEqual({ version: spec.version, digest }, { version: 9, digest: '3d31c9bff928711b' });
});
