import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Highlight } from '../../stage.ts';
import { renderReport } from './render-report.ts';
import type { ReportOutput, ShownArtifact } from './report-model.ts';
import { exampleModel, exampleStage } from './testing-model.ts';

const output = (preview: ShownArtifact, port = 'out'): ReportOutput => ({
  port,
  type: 'files',
  path: `artifacts/study/${port}`,
  href: port,
  preview,
});
/** The page without its scripts and styles. */
const bodyOf = (page: string): string => page.replaceAll(/<(script|style)>[\s\S]*?<\/\1>/g, '');

test('a page without charts carries no library and asks for nothing', () => {
  const page = renderReport(exampleModel());
  assert.ok(page.length < 40_000, `${page.length} characters`);
  assert.doesNotMatch(bodyOf(page), /(src|href)="(https?:)?\/\//);
  assert.match(
    page,
    /Content-Security-Policy" content="default-src &#39;none&#39;; img-src data: blob:;/,
  );
});

test('the same model gives the same page', () => {
  assert.equal(renderReport(exampleModel()), renderReport(exampleModel()));
});

test('nothing that a user or a program wrote becomes markup, wherever it stands', () => {
  const evil = `</script><script>alert(1)</script><img src=x onerror="alert('2')">`;
  const spec = JSON.stringify({ title: evil, data: { values: [{ a: `${evil}<!--<script>` }] } });
  const page = renderReport(
    exampleModel({
      pipeline: evil,
      description: evil,
      warnings: [{ stage: evil, message: evil }],
      facts: [[evil, evil]],
      state: 'failed',
      stages: [
        exampleStage({
          name: evil,
          kind: evil,
          description: evil,
          state: 'failed',
          message: evil,
          reasons: [evil],
          settings: [{ path: evil, value: [evil], written: true }],
          changes: [{ path: evil, before: evil, after: { [evil]: evil } }],
          inputs: [{ port: evil, from: [evil] }],
          summaryTables: [{ title: evil, columns: [evil], rows: [[evil]] }],
          warnings: [evil],
          log: { text: evil, cut: true },
          record: [[evil, evil]],
          outputs: [
            output(
              {
                as: 'chart',
                title: evil,
                subtitle: evil,
                width: 9,
                height: 9,
                spec,
                leftOut: evil,
              },
              evil,
            ),
            output({ as: 'table', columns: [evil], rows: [[evil]], leftOut: evil }),
            output({
              as: 'table',
              columns: ['split', 'class', 'images', evil],
              rows: [[evil, evil, evil, evil]],
            }),
            output({
              as: 'markdown',
              text: `# ${evil}\n\n| ${evil} |\n| --- |\n| ${evil} |\n\n${evil}`,
              leftOut: evil,
            }),
            output({ as: 'images', images: [{ name: evil, uri: 'data:,' }], leftOut: evil }),
            output({ as: 'metrics', metrics: [{ name: `${evil}.accuracy`, value: 1 }] }),
          ],
        }),
        exampleStage({
          name: `${evil}2`,
          state: 'running',
          progress: { done: 1, total: 2, unit: evil, note: evil },
          curves: [
            {
              name: evil,
              unit: evil,
              count: 2,
              every: 1,
              points: [
                [1, 1],
                [2, 1],
              ],
            },
          ],
          lastPoint: { unit: evil, step: 2, values: { [evil]: 1 } },
        }),
      ],
    }),
  );
  assert.doesNotMatch(page, /<img src=x/);
  assert.doesNotMatch(page, /alert\(1\)<\/script>/);
  const scripts = [...page.matchAll(/<script/g)].length;
  const ofCharts = 2;
  const ofLibraries = 3;
  const ofPage = 1;
  assert.equal(scripts, ofCharts + ofLibraries + ofPage);
  const carried = /<script type="application\/json" class="spec">(.*?)<\/script>/.exec(
    page.slice(page.indexOf('id="charts"')),
  );
  assert.deepEqual(JSON.parse(carried![1]!), JSON.parse(spec));
});

test('a summary opens the page, with its pictures and links to sections of the page', () => {
  const text = `It is **0.9**, see [there](#stage-fit) and not [here](javascript:alert(1)).

- one
- \`two\`

| a | b |
| --- | --- |
| [x](#main) | 1 |

![A chart](summary/a.png)`;
  const pictures = { 'summary/a.png': 'data:image/png;base64,eA==' };
  const summary = exampleStage({
    name: 'own',
    outputs: [output({ as: 'summary', text, pictures })],
  });
  const page = bodyOf(renderReport(exampleModel({ stages: [exampleStage(), summary] })));
  assert.match(page, /<main id="main" tabindex="-1">\s*<section id="summary"/);
  assert.match(
    page,
    /<strong>0\.9<\/strong>, see <a href="#stage-fit">there<\/a> and not \[here\]\(javascript/,
  );
  assert.match(page, /<ul><li>one<\/li><li><code>two<\/code><\/li><\/ul>/);
  assert.match(page, /<th scope="row"><a href="#main">x<\/a><\/th>/);
  assert.match(page, /<img src="data:image\/png;base64,eA==" alt="A chart">/);
});

test('the page of a running run reloads, and that of an ended one does not', () => {
  const running = renderReport(exampleModel({ state: 'running' }));
  assert.match(running, /<html lang="en" data-state="running"/);
  assert.match(running, /<noscript><meta http-equiv="refresh"/);
  assert.match(running, /<title>study: running<\/title>/);
  const ended = renderReport(exampleModel());
  assert.match(ended, /data-state="succeeded"/);
  assert.doesNotMatch(ended, /http-equiv="refresh"/);
});

test('the numbers of the test split come first, with their interval and what they must beat', () => {
  const metrics = [
    { name: 'val.accuracy', value: 0.9 },
    { name: 'test.images', value: 1200 },
    { name: 'test.accuracy', value: 0.75, interval: [0.7, 0.8] as const, confidence: 0.9 },
    { name: 'test.majorityAccuracy', value: 0.5 },
    { name: 'test.auc', value: null },
  ];
  const page = bodyOf(
    renderReport(
      exampleModel({ stages: [exampleStage({ outputs: [output({ as: 'metrics', metrics })] })] }),
    ),
  );
  assert.match(
    page,
    /<dt>Accuracy on test<\/dt><dd>0\.750<\/dd><dd class="note">share of all images<\/dd><dd class="note">90 % interval 0\.700–0\.800<\/dd><dd class="note">always naming the majority: 0\.500<\/dd>/,
  );
  assert.doesNotMatch(page, /<dt>AUC/);
  assert.doesNotMatch(page, /on val/);
});

test('equal numbers are rounded alike, and metrics that a single class leaves undefined are left out', () => {
  const metrics = [
    { name: 'test.accuracy', value: 0.9225, interval: [0.8925, 0.9475] as const },
    { name: 'test.balancedAccuracy', value: 0.9225000000000001 },
    { name: 'test.majorityAccuracy', value: 1 },
    { name: 'test.matthewsCorrelation', value: 0 },
  ];
  const page = bodyOf(
    renderReport(
      exampleModel({ stages: [exampleStage({ outputs: [output({ as: 'metrics', metrics })] })] }),
    ),
  );
  assert.match(
    page,
    /<dt>Accuracy on test<\/dt><dd>0\.923<\/dd>.*interval 0\.893–0\.948<.*all images are of one class/,
  );
  assert.match(page, /<dt>Balanced accuracy on test<\/dt><dd>0\.923<\/dd>/);
  assert.doesNotMatch(page, /<dt>Matthews/);
});

test('a number that needs more images than there are is a dash, with what it needs', () => {
  const metrics = [
    { name: 'test.accuracy', value: 0.75 },
    { name: 'test.tprAt1PercentFpr', value: null },
    { name: 'test.auc', value: null },
  ];
  const page = bodyOf(
    renderReport(
      exampleModel({ stages: [exampleStage({ outputs: [output({ as: 'metrics', metrics })] })] }),
    ),
  );
  assert.match(page, />test\.tprAt1PercentFpr<.*>– \(needs 100 images of the negative class\)</);
  assert.match(page, />test\.auc<\/th><td[^>]*>–</);
});

test('a table of a file is rounded for the eye', () => {
  const table = { as: 'table', columns: ['model', 'auc'], rows: [['a', '0.7640796109']] } as const;
  const page = bodyOf(
    renderReport(exampleModel({ stages: [exampleStage({ outputs: [output(table)] })] })),
  );
  assert.match(page, />0\.764</);
});

test('three stages that measure are compared in one table instead, the best first', () => {
  const accuracies = { a: 0.5, b: 0.75, c: 0.625 };
  const stages = Object.entries(accuracies).map(([name, value]) =>
    exampleStage({
      name,
      outputs: [output({ as: 'metrics', metrics: [{ name: 'test.accuracy', value }] })],
    }),
  );
  const page = bodyOf(renderReport(exampleModel({ stages })));
  const [, table] =
    /<caption>How well each stage separates the classes on test, the best first<\/caption>([\s\S]*?)<\/table>/.exec(
      page,
    )!;
  const rows = [...table!.matchAll(/<th scope="row">(.)<\/th>/g)].map(([, name]) => name);
  assert.deepEqual(rows, ['b', 'c', 'a']);
  assert.doesNotMatch(page, /class="tile/);
});

test('charts that every member of a matrix has are folded after the second', () => {
  const preview: ShownArtifact = {
    as: 'chart',
    title: 'Mistakes',
    subtitle: '',
    width: 560,
    height: 360,
    forms: [],
    picture: 'data:,',
  };
  const stages = [1, 2, 3, 4, 5].map((seed) =>
    exampleStage({ name: `mistakes[seed=${seed}]`, outputs: [output(preview)] }),
  );
  const charts = (some: typeof stages) =>
    /<section id="charts"[\s\S]*?<\/section>/.exec(
      bodyOf(renderReport(exampleModel({ stages: some }))),
    )![0];
  const [inSight, folded] = charts(stages).split('<details class="more"');
  assert.equal(inSight!.split('<figure').length - 1, 2);
  assert.match(folded!, /3 more charts mistakes\.out, one for each member of the matrix/);
  assert.equal(folded!.split('<figure').length - 1, 3);
  assert.doesNotMatch(charts(stages.slice(0, 3)), /<details/, 'a single one is not folded');
});

test('during a run the stages that run come first, and those that wait last', () => {
  const stages = [
    exampleStage({ name: 'data' }),
    exampleStage({ name: 'table', state: 'waiting' }),
    exampleStage({ name: 'fit', state: 'running' }),
  ];
  const orderOf = (state: 'running' | 'succeeded') => {
    const page = bodyOf(renderReport(exampleModel({ stages, state, finals: ['table'] })));
    return [...page.matchAll(/id="stage-(\w+)"/g)].map(([, name]) => name);
  };
  assert.deepEqual(orderOf('running'), ['fit', 'data', 'table']);
  assert.deepEqual(orderOf('succeeded'), ['table', 'data', 'fit']);
});

test('every table has heads of columns and rows, every picture a text, every section a name', () => {
  const preview: ShownArtifact = {
    as: 'chart',
    title: 'AUC 0.81',
    subtitle: 'n = 80',
    width: 560,
    height: 360,
    forms: ['svg', 'vl.json'],
    picture: 'data:,',
  };
  const page = bodyOf(
    renderReport(
      exampleModel({
        graph: { wide: { svg: '<svg/>', width: 900 }, narrow: { svg: '<svg/>', width: 300 } },
        stages: [exampleStage({ outputs: [output(preview)] })],
      }),
    ),
  );
  for (const [, table] of page.matchAll(/<table[^>]*>([\s\S]*?)<\/table>/g)) {
    assert.match(table!, /<th scope="col"/);
    assert.match(table!, /<th scope="row"/);
  }
  for (const [image] of page.matchAll(/<img [^>]*>/g)) assert.match(image, / alt="[^"]+"/);
  for (const [section] of page.matchAll(/<section [^>]*>/g))
    assert.match(section, /aria-labelledby="[a-z]+-title"/);
  assert.match(page, /<figure class="chart card" aria-label="AUC 0\.81\. n = 80">/);
  const links = [...page.matchAll(/ href="[^"]*\/(chart\.[\w.]+)"/g)].map(([, file]) => file);
  assert.deepEqual(links, ['chart.svg', 'chart.vl.json']);
});

test('a failure comes first, with the end of its log', () => {
  const stage = exampleStage({
    state: 'failed',
    message: 'expected 3 splits, got 2',
    log: { text: 'one\ntwo', cut: false },
  });
  const page = bodyOf(renderReport(exampleModel({ state: 'failed', stages: [stage] })));
  assert.ok(page.indexOf('fit failed') < page.indexOf('<main'));
  assert.match(page, /<pre>expected 3 splits, got 2<\/pre>/);
});

test('numbers come before warnings, and warnings that differ in their numbers only are folded into one', () => {
  const metrics = [{ name: 'test.accuracy', value: 0.75 }];
  const warnings = [1, 2, 3].map((seed) => ({
    stage: `fit[seed=${seed}]`,
    message: `Epoch ${seed} learned nothing.`,
  }));
  const stages = [
    exampleStage({ outputs: [output({ as: 'metrics', metrics })], warnings: ['Other.'] }),
  ];
  const page = bodyOf(renderReport(exampleModel({ stages, warnings })));
  assert.match(page, /<a href="#warnings">4 warnings<\/a>/);
  assert.ok(page.indexOf('Accuracy on test') < page.indexOf('learned nothing'));
  assert.match(
    page,
    /<summary><strong>3 with different numbers, such as:<\/strong> Epoch 1 learned nothing\.<\/summary>/,
  );
  assert.match(page, /<strong>fit<\/strong>: Other\./);
});

test('a choice stands in the findings, and every table appears once', () => {
  const models: Highlight = {
    title: 'Models by auc on val',
    role: 'choice',
    columns: ['model', 'auc', 'chosen'],
    rows: [['a', '0.8', 'chosen']],
  };
  const scores = { title: 'Evaluation', columns: ['split', 'auc'], rows: [['test', '0.7']] };
  const file: ShownArtifact = {
    as: 'table',
    columns: ['split', 'auc'],
    rows: [['test', '0.70001']],
  };
  const stages = [
    exampleStage({ name: 'best', kind: 'select', summaryTables: [models] }),
    exampleStage({ name: 'scores', summaryTables: [scores], outputs: [output(file, 'table')] }),
    exampleStage({ name: 'layers', outputs: [output(file, 'layers')] }),
  ];
  const page = bodyOf(renderReport(exampleModel({ stages })));
  const section = (id: string) =>
    page.slice(page.indexOf(`<section id="${id}"`)).split('</section>')[0]!;
  assert.match(section('findings'), /Models by auc on val/);
  assert.match(section('tables'), /Evaluation[\s\S]*layers\.layers/);
  assert.doesNotMatch(section('tables'), /Models by|scores\.table/);
  assert.match(section('stages'), /<caption>table </);
});

test('a table stands where its role says, whatever its columns are called', () => {
  const reportWith = (nameOf: (column: string) => string) => {
    const named = (...columns: readonly string[]) => columns.map(nameOf);
    const choice: Highlight = {
      title: 'Models by auc on val',
      role: 'choice',
      columns: named('model', 'auc', 'chosen'),
      rows: [['a', '0.8', 'chosen']],
    };
    const result: Highlight = {
      title: 'Evaluation',
      columns: named('split', 'class', 'images', 'chosen'),
      rows: [['test', 'fake', 40, 'yes']],
    };
    const data: Highlight = {
      title: 'Images',
      role: 'data',
      columns: named('split', 'class', 'images'),
      rows: [['train', 'fake', 60]],
    };
    const counted: ShownArtifact = {
      as: 'table',
      columns: named('split', 'class', 'images'),
      rows: [
        ['train', 'real', '60'],
        ['test', 'fake', '40'],
      ],
    };
    const counts = { of: nameOf('images'), by: nameOf('class'), within: nameOf('split') };
    const page = renderReport(
      exampleModel({
        stages: [
          exampleStage({ name: 'best', summaryTables: [choice] }),
          exampleStage({ name: 'scores', summaryTables: [result] }),
          exampleStage({ name: 'others', summaryTables: [data] }),
          exampleStage({
            name: 'faces',
            summaryTables: [data],
            outputs: [{ ...output(counted, 'statistics'), counts }],
          }),
        ],
      }),
    );
    return bodyOf(page);
  };
  const page = reportWith((column) => column);
  assert.equal(reportWith((column) => `${column}§`).replaceAll('§', ''), page);
  const captionsOf = (id: string) => {
    const section = page.slice(page.indexOf(`<section id="${id}"`)).split('</section>')[0]!;
    return [...section.matchAll(/<caption>(.*?)<\/caption>/g)].map(([, caption]) =>
      caption!.replaceAll(/<[^>]*>/g, ''),
    );
  };
  assert.deepEqual(captionsOf('findings'), ['Models by auc on val best']);
  assert.deepEqual(captionsOf('tables'), ['Evaluation scores']);
  assert.deepEqual(captionsOf('data'), [
    'faces: 100 images of real and fake in 2 splits statistics',
    'Images others',
  ]);
});

test('a pipeline of many included ones is shown by experiment', () => {
  const metrics = (value: number) =>
    output({
      as: 'metrics',
      metrics: [
        { name: 'test.auc', value },
        { name: 'test.accuracy', value },
      ],
    });
  const stages = Array.from({ length: 30 }, (_, i) =>
    exampleStage({
      name: i < 10 ? `own-${i}` : `wide/scores[seed=${i}]`,
      outputs: i < 10 ? [] : [metrics(i / 100)],
    }),
  );
  const page = bodyOf(renderReport(exampleModel({ stages })));
  assert.match(
    page,
    /<details class="stage experiment card" id="experiment-wide"><summary><h3>wide<\/h3>/,
  );
  assert.match(page, /20 stages · AUC 0\.100 to 0\.290 on test/);
  assert.match(page, /The pipeline’s own stages/);
  assert.doesNotMatch(page, /<section id="stages"/);
});

test('a table of many columns and few rows is transposed', () => {
  const columns = Array.from({ length: 20 }, (_, i) => `c${i}`);
  const table: ShownArtifact = { as: 'table', columns, rows: [columns.map((_, i) => `${i}`)] };
  const page = bodyOf(
    renderReport(exampleModel({ stages: [exampleStage({ outputs: [output(table)] })] })),
  );
  assert.match(page, /<th scope="row">c19<\/th><td class="number">19<\/td>/);
});

test('a failure shows the first words of the program, and the end of its log unfolded', () => {
  const message = 'CUDA out of memory\nexited with code 1: python3 train.py';
  const failed = exampleStage({
    state: 'failed',
    message,
    log: { text: 'epoch 1\nCUDA out of memory', cut: false },
  });
  const page = bodyOf(renderReport(exampleModel({ state: 'failed', stages: [failed] })));
  assert.match(page, /<h3>fit failed<\/h3><pre>CUDA out of memory\n/);
  assert.match(
    page,
    /<details class="more" open><summary>The end of its log<\/summary><pre>epoch 1\n/,
  );
  assert.match(
    page,
    /<span class="badge bad">failed<\/span><\/td><td[^>]*>CUDA out of memory<\/td>/,
  );
});

test('choices of two rungs are two tables, and what each slot holds stands beside its name', () => {
  const choice = (name: string) =>
    exampleStage({
      name,
      kind: 'select',
      summaryTables: [
        {
          title: 'Models by auc on val',
          role: 'choice',
          columns: ['model', 'auc', 'chosen'],
          rows: [['sample=2', 0.8, 'yes']],
        },
      ],
    });
  const slot = exampleStage({ name: 'fit3[sample=2]', slot: 'slot 2: sample 6' });
  const page = bodyOf(
    renderReport(exampleModel({ stages: [choice('best'), choice('best3'), slot] })),
  );
  for (const name of ['best', 'best3']) {
    assert.match(
      page,
      new RegExp(`<caption>Models by auc on val <span class="soft">${name}</span></caption>`),
    );
  }
  assert.match(
    page,
    /<h3>fit3\[sample=2\]<\/h3><span class="soft small">train, slot 2: sample 6<\/span>/,
  );
});

test('stages are ranked among those that were measured on the same split', () => {
  const measured = (name: string, split: string, value: number) =>
    exampleStage({
      name,
      outputs: [output({ as: 'metrics', metrics: [{ name: `${split}.accuracy`, value }] })],
    });
  const trials = Array.from({ length: 13 }, (_, i) =>
    measured(`scores[n=${i}]`, 'val', 0.5 + i / 100),
  );
  const page = bodyOf(
    renderReport(exampleModel({ stages: [...trials, measured('final', 'test', 0.55)] })),
  );
  const captions = [...page.matchAll(/<caption>(.*?)<\/caption>/g)].map(([, caption]) => caption);
  assert.deepEqual(captions.slice(0, 3), [
    'How well the stage separates the classes on test',
    'The best 12 of 13 by accuracy on val',
    'The others',
  ]);
});
