import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { BrowserPage, noBrowser } from '../../../test/support/browser.ts';
import { partialValue } from '../../../test/support/partial-value.ts';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import type { Stage } from '../../engine/config/pipeline.ts';
import { renderChart } from '../../learning/charts/render-chart.ts';
import { PageRoom } from './page-room.ts';
import { renderReport } from './render-report.ts';
import type { ReportModel, ReportOutput } from './report-model.ts';
import { publishedFiles, showArtifact } from './show-artifact.ts';
import { drawStages } from './stage-graph.ts';
import { exampleModel, exampleStage } from './testing-model.ts';

/** A chart as a stage leaves it, and as the page shows it. */
async function chart(folder: string, name: string, title = name): Promise<ReportOutput> {
  const path = join(folder, name);
  const values = Array.from({ length: 9 }, (_, i) => ({ epoch: i, loss: 1 / (i + 1) }));
  await renderChart(
    {
      title: { text: title, subtitle: 'n = 9' },
      data: { values },
      mark: { type: 'bar' },
      encoding: {
        x: { field: 'epoch', type: 'ordinal' },
        y: { field: 'loss', type: 'quantitative' },
        color: { field: 'loss', type: 'quantitative' },
      },
    },
    path,
    assert.fail,
  );
  const preview = showArtifact('chart', publishedFiles(path), new PageRoom());
  assert.ok(preview);
  return { port: name, type: 'chart', path: name, href: name, preview };
}

function write(folder: string, model: ReportModel): string {
  const file = join(folder, 'report.html');
  writeFileSync(file, renderReport(model));
  return file;
}

async function studyPage(folder: string): Promise<string> {
  const charts = await Promise.all(
    ['curves', 'roc', 'det', 'mistakes'].map((name) => chart(folder, name)),
  );
  return write(
    folder,
    exampleModel({
      stages: [
        exampleStage({ outputs: charts, log: { text: 'epoch 1\nepoch 2', cut: false } }),
        exampleStage({ name: 'scores[seed=2]', kind: 'evaluate' }),
      ],
    }),
  );
}

test('a page opens from the disk, offline, and draws its charts without an error', {
  skip: noBrowser,
}, async (t) => {
  const folder = temporaryFolder(t);
  await using opened = await BrowserPage.open(await studyPage(folder));
  const { page } = opened;
  const figures = page.locator('figure.chart');
  assert.equal(await figures.count(), 4);
  for (const figure of await figures.all()) {
    await figure.scrollIntoViewIfNeeded();
    await figure.locator('svg.marks').waitFor();
    assert.equal(await figure.locator('svg.marks path[aria-roledescription="bar"]').count(), 9);
    assert.equal(await figure.locator('img').count(), 0);
  }
  assert.deepEqual(opened.complaints, []);
  assert.equal(opened.requests.length, 1, opened.requests.join());
});

test('a chart is its picture until it is drawn', { skip: noBrowser }, async (t) => {
  const folder = temporaryFolder(t);
  await using opened = await BrowserPage.open(await studyPage(folder));
  const { page } = opened;
  // Under load, drawing takes seconds; here it never ends.
  await page.addInitScript(
    "Object.defineProperty(window, 'vegaEmbed', { get: () => () => new Promise(() => {}), set() {} })",
  );
  await page.reload();
  const picture = page.locator('figure.chart[data-chart="drawing"] img').first();
  await picture.waitFor();
  assert.ok((await picture.boundingBox())!.height > 100);
});

test('a chart far below costs nothing until it is scrolled to', { skip: noBrowser }, async (t) => {
  const folder = temporaryFolder(t);
  await using opened = await BrowserPage.open(await studyPage(folder), {
    viewport: { width: 700, height: 300 },
  });
  await opened.page.locator('figure.chart[data-chart="drawn"]').first().waitFor();
  const last = opened.page.locator('figure.chart').last();
  assert.equal(await last.getAttribute('data-chart'), null);
  // Its content would be shown as text.
  assert.equal(await last.locator('noscript').isVisible(), false);
  const { width } = (await last.boundingBox())!;
  assert.equal(await last.locator('img').count(), 0);
  await last.scrollIntoViewIfNeeded();
  await last.locator('svg.marks').waitFor();
  assert.ok(
    Math.abs((await last.boundingBox())!.width - width) < 40,
    'no chart moves when another one is drawn',
  );
});

test('a page of many experiments opens each on demand, and its charts are drawn then', {
  skip: noBrowser,
}, async (t) => {
  const folder = temporaryFolder(t);
  const stages = ['a', 'b'].flatMap((experiment) =>
    Array.from({ length: 15 }, (_, i) => exampleStage({ name: `${experiment}/fit[seed=${i}]` })),
  );
  const curves = {
    ...exampleStage({ name: 'a/curves' }),
    outputs: [await chart(folder, 'curves')],
  };
  await using opened = await BrowserPage.open(
    write(folder, exampleModel({ stages: [...stages, curves] })),
  );
  const { page } = opened;
  assert.ok(Number(await page.evaluate('document.documentElement.scrollHeight')) < 2000);
  assert.equal(await page.locator('figure.chart[data-chart]').count(), 0);
  await page.locator('#experiment-a > summary').click();
  await page.locator('#experiment-a svg.marks').waitFor();
  await page.getByRole('link', { name: 'b/fit[seed=3]' }).click();
  await page.locator('details.stage[id="stage-b/fit[seed=3]"] dl.facts').waitFor();
  assert.deepEqual(opened.complaints, []);
});

test('pointing at a mark shows its values', { skip: noBrowser }, async (t) => {
  const folder = temporaryFolder(t);
  await using opened = await BrowserPage.open(await studyPage(folder));
  const bar = opened.page
    .locator('figure.chart')
    .first()
    .locator('path[aria-roledescription="bar"]')
    .first();
  await bar.hover();
  const tooltip = opened.page.locator('#vg-tooltip-element.visible');
  await tooltip.waitFor();
  assert.match((await tooltip.textContent()) ?? '', /epoch[:\s]*0[\s\S]*loss[:\s]*1/);
});

test('a spec that a stage wrote cannot change how pages draw it', {
  skip: noBrowser,
}, async (t) => {
  const folder = temporaryFolder(t);
  const drawn = await chart(folder, 'roc');
  assert.ok(drawn.preview?.as === 'chart');
  const embedOptions = { renderer: 'canvas', actions: false, patch: [{ op: 'remove', path: '' }] };
  const spec = JSON.stringify({ ...JSON.parse(drawn.preview.spec!), usermeta: { embedOptions } });
  const outputs = [{ ...drawn, preview: { ...drawn.preview, spec } }];
  const file = write(folder, exampleModel({ stages: [exampleStage({ outputs })] }));
  await using opened = await BrowserPage.open(file);
  await opened.page.locator('figure.chart svg.marks').first().waitFor();
  assert.ok(await opened.page.locator('figure.chart summary').first().isVisible());
  assert.deepEqual(opened.complaints, []);
});

test('a chart of several panels is drawn where its spec names no schema', {
  skip: noBrowser,
}, async (t) => {
  const folder = temporaryFolder(t);
  const drawn = await chart(folder, 'roc');
  assert.ok(drawn.preview?.as === 'chart');
  const { $schema: _, title, ...panel } = JSON.parse(drawn.preview.spec!);
  const spec = JSON.stringify({ title, concat: [panel, panel] });
  const outputs = [{ ...drawn, preview: { ...drawn.preview, spec } }];
  const file = write(folder, exampleModel({ stages: [exampleStage({ outputs })] }));
  await using opened = await BrowserPage.open(file);
  await opened.page.locator('figure.chart svg.marks').first().waitFor();
  const bars = opened.page.locator('figure.chart path[aria-roledescription="bar"]');
  assert.equal(await bars.count(), 18);
  assert.deepEqual(opened.complaints, []);
});

test('everything can be reached from the keyboard', { skip: noBrowser }, async (t) => {
  const folder = temporaryFolder(t);
  await using opened = await BrowserPage.open(await studyPage(folder));
  const { page } = opened;
  await page.keyboard.press('Tab');
  assert.equal(await page.locator(':focus').textContent(), 'To the results');
  await page.keyboard.press('Enter');
  assert.equal(await page.locator(':focus').getAttribute('id'), 'main');
  const stage = page.locator('details.stage').last();
  await stage.locator('summary').first().focus();
  await page.keyboard.press('Enter');
  assert.equal(await stage.getAttribute('open'), '');
  assert.ok(await stage.locator('dl.facts').isVisible());
});

test('an address of a stage opens it, whatever its name', { skip: noBrowser }, async (t) => {
  const folder = temporaryFolder(t);
  await using opened = await BrowserPage.open(await studyPage(folder));
  await opened.page.getByRole('link', { name: 'scores[seed=2]' }).click();
  const stage = opened.page.locator('details.stage').last();
  await stage.locator('dl.facts').waitFor();
});

test('without scripts everything is there, charts as pictures', { skip: noBrowser }, async (t) => {
  const folder = temporaryFolder(t);
  await using opened = await BrowserPage.open(await studyPage(folder), {
    javaScriptEnabled: false,
  });
  const pictures = opened.page.locator('figure.chart img');
  assert.equal(await pictures.count(), 4);
  const picture = await pictures.first().boundingBox();
  assert.ok(picture !== null && picture.width > 200 && picture.height > 150);
  await opened.page.locator('details.stage').first().locator('summary').first().click();
  assert.ok(await opened.page.getByText('epoch 2').isVisible());
});

test('the page of a running run reloads and keeps what was opened', {
  skip: noBrowser,
}, async (t) => {
  const folder = temporaryFolder(t);
  const loss = { name: 'loss', unit: 'epoch', every: 1 };
  const running = (epoch: number) =>
    exampleModel({
      state: 'running',
      writtenAt: Date.now(),
      stages: [
        exampleStage({
          state: 'running',
          curves: [
            {
              ...loss,
              count: epoch,
              points: Array.from({ length: epoch }, (_, i) => [i + 1, 1 / (i + 1)]),
            },
          ],
          lastPoint: { unit: 'epoch', step: epoch, values: { loss: 1 / epoch } },
        }),
      ],
    });
  const file = write(folder, running(2));
  await using opened = await BrowserPage.open(file);
  await opened.page.locator('details.stage summary').click();
  await opened.page.getByText('After epoch 2: loss 0.500').waitFor();
  await opened.page.locator('figure.chart[data-chart="drawn"]').waitFor();
  write(folder, running(3));
  await opened.page.getByText('After epoch 3: loss 0.333').waitFor({ timeout: 20_000 });
  assert.equal(await opened.page.locator('details.stage').getAttribute('open'), '');
  write(folder, exampleModel());
  await opened.page.locator('html[data-state="succeeded"]').waitFor({ timeout: 20_000 });
  assert.deepEqual(opened.complaints, []);
});

test('in the dark charts are dark, and photographs in them keep their colours, like the bar that explains them', {
  skip: noBrowser,
}, async (t) => {
  const folder = temporaryFolder(t);
  const plain = await chart(folder, 'curves');
  const sheet = await chart(folder, 'mistakes', 'data:image/png');
  const file = write(folder, exampleModel({ stages: [exampleStage({ outputs: [plain, sheet] })] }));
  const grounds: unknown[] = [];
  const filters: unknown[] = [];
  for (const colorScheme of ['light', 'dark'] as const) {
    await using opened = await BrowserPage.open(file, { colorScheme });
    grounds.push(await opened.page.evaluate('getComputedStyle(document.body).backgroundColor'));
    const sheet = opened.page.locator('.drawing:not(.plain) svg.marks');
    await sheet.scrollIntoViewIfNeeded();
    await sheet.waitFor();
    const filterOf = (selector: string) =>
      opened.page.evaluate(`getComputedStyle(document.querySelector('${selector}')).filter`);
    filters.push([
      await filterOf('.drawing.plain'),
      await filterOf('.drawing:not(.plain) svg.marks'),
      await filterOf('.drawing:not(.plain) .role-legend-gradient'),
      await filterOf('.drawing.plain .role-legend-gradient'),
    ]);
  }
  assert.notEqual(grounds[0], grounds[1]);
  assert.deepEqual(filters, [
    ['none', 'none', 'none', 'none'],
    ['invert(0.89) hue-rotate(180deg)', 'invert(1)', 'invert(1)', 'none'],
  ]);
});

test('on a phone charts and a long graph are as wide as the screen', {
  skip: noBrowser,
}, async (t) => {
  const folder = temporaryFolder(t);
  const names = Array.from({ length: 12 }, (_, i) => `stage-${i}`);
  const graph = await drawStages(
    partialValue<readonly Stage[]>(
      names.map((name, i) => ({
        name,
        kind: 'command',
        inputs: i === 0 ? [] : [{ items: [{ from: 'stage', stage: names[i - 1], port: 'text' }] }],
      })),
    ),
    () => 'ran',
  );
  assert.ok(graph!.wide.width < 1170);
  const stages = [exampleStage({ outputs: [await chart(folder, 'curves')] })];
  const file = write(folder, exampleModel({ stages, graph: graph! }));
  for (const width of [420, 1280]) {
    await using opened = await BrowserPage.open(file, { viewport: { width, height: 900 } });
    await opened.page.locator('figure svg.marks').waitFor();
    const over = await opened.page.evaluate(
      "[...document.querySelectorAll('html, .drawing, .graph')].map((one) => one.scrollWidth - one.clientWidth)",
    );
    assert.deepEqual(over, [0, 0, 0]);
  }
});

test('on a phone a graph joins the instances of a matrix, a table shows that it goes on, and a sheet stays large', {
  skip: noBrowser,
}, async (t) => {
  const folder = temporaryFolder(t);
  const names = [1, 2, 3, 4, 5, 6].map((seed) => `fit[seed=${seed}]`);
  const graph = await drawStages(
    partialValue<readonly Stage[]>(names.map((name) => ({ name, kind: 'train', inputs: [] }))),
    () => 'ran',
  );
  assert.match(graph!.narrow.svg, />fit × 6</);
  assert.match(graph!.wide.svg, />fit\[seed=6\]</);
  const columns = ['stage', 'split', 'AUC', 'accuracy', 'equal error rate', 'loss', 'images'];
  const row = [
    'scores[net=slow,seed=1]',
    'test',
    '0.516 (0.235–0.787)',
    ...columns.slice(3).map(() => '0.5000 ± 0.1'),
  ];
  const title = 'A caption that is longer than a phone is wide, and so has to be broken into lines';
  const sheet = await chart(folder, 'faces');
  assert.ok(sheet.preview?.as === 'chart');
  const preview = { ...sheet.preview, isPlain: false, width: 900 }; // as of a sheet of photographs
  const stages = [
    exampleStage({
      summaryTables: [{ title, columns, rows: [row] }],
      outputs: [{ ...sheet, preview }],
    }),
  ];
  await using opened = await BrowserPage.open(
    write(folder, exampleModel({ stages, graph: graph! })),
    {
      viewport: { width: 420, height: 900 },
    },
  );
  const right = async (selector: string) => {
    const box = await opened.page.locator(selector).first().boundingBox();
    return box!.x + box!.width;
  };
  assert.ok((await right('caption')) <= 420);
  assert.ok((await right('tbody tr:first-child > :nth-child(3)')) <= 420);
  assert.ok(
    (await opened.page.locator('.drawing :is(img, svg.marks)').first().boundingBox())!.width > 420,
  );
  assert.ok(await opened.page.getByText('↔ scroll sideways').isVisible());
  const over = await opened.page.evaluate(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  );
  assert.equal(over, 0);
});
