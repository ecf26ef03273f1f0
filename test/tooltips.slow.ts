import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { schema } from '../src/learning/charts/render-chart.ts';
import { theme } from '../src/learning/charts/theme.ts';
import { renderReport } from '../src/reporting/report/render-report.ts';
import { exampleModel, exampleStage } from '../src/reporting/report/testing-model.ts';
import { BrowserPage, noBrowser } from './support/browser.ts';
import { inRepository } from './support/pages.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

/** The spec of every chart that a test of a kind compares with a file, by the name of the file. */
const specs = new Map(
  readdirSync(inRepository('stages'), { recursive: true, encoding: 'utf8' }).flatMap((path) => {
    if (!path.endsWith('.golden.json')) return [];
    const text = readFileSync(join(inRepository('stages'), path), 'utf8');
    const spec = JSON.parse(text);
    if (spec.title?.text === undefined) return [];
    return [
      [
        basename(path, '.golden.json'),
        JSON.stringify({ $schema: schema, ...spec, config: theme }),
      ] as const,
    ];
  }),
);

/** The page of a run whose stage left these charts. */
async function pageOf(folder: string, names: readonly string[]): Promise<BrowserPage> {
  const outputs = names.map((name) => ({
    port: name,
    type: 'chart' as const,
    path: name,
    href: name,
    preview: {
      as: 'chart' as const,
      title: name,
      subtitle: '',
      width: 560,
      height: 400,
      spec: specs.get(name)!,
    },
  }));
  const file = join(folder, 'report.html');
  writeFileSync(file, renderReport(exampleModel({ stages: [exampleStage({ outputs })] })));
  return await BrowserPage.open(file, { viewport: { width: 1400, height: 1000 } });
}

async function drawn(page: Page, name: string) {
  const figure = page.locator('figure.chart', { hasText: `fit.${name}` }).first();
  await figure.scrollIntoViewIfNeeded();
  await figure.locator('svg.marks').waitFor();
  await figure.scrollIntoViewIfNeeded(); // drawn, it may be larger
  return figure.locator('svg.marks');
}

/** The tooltip at the mouse, `heading | name: value | …`; empty where there is none. */
const tooltipAt = (page: Page): Promise<string> =>
  page.evaluate(`(() => {
    const tooltip = document.querySelector('#vg-tooltip-element.visible');
    if (tooltip === null) return '';
    const heading = tooltip.querySelector('h2')?.textContent;
    const rows = [...tooltip.querySelectorAll('tr')].map((row) => [...row.cells].map((cell) => cell.textContent).join(': '));
    return [heading, ...rows].filter(Boolean).join(' | ');
  })()`);

/** The tooltips at the points of a grid over a chart, each once. */
async function tooltipsOf(page: Page, name: string, across = 14): Promise<readonly string[]> {
  const { x, y, width, height } = (await (await drawn(page, name)).boundingBox())!;
  const texts = new Set<string>();
  for (let i = 1; i < across; i++)
    for (let j = 1; j < across; j++) {
      await page.mouse.move(x + (i * width) / across, y + (j * height) / across);
      texts.add(await tooltipAt(page));
    }
  texts.delete('');
  return [...texts];
}

test('tooltips name what the axes name, in their unit, at the nearest point of a curve', {
  skip: noBrowser,
}, async (t) => {
  await using opened = await pageOf(temporaryFolder(t), ['one-run', 'det', 'roc', 'confusion']);
  const { page } = opened;
  const curves = await tooltipsOf(page, 'one-run');
  assert.ok(curves.includes('train | Epoch: 1 | Accuracy (%): 60'), curves.join('\n'));
  assert.ok(
    curves.includes('val | Epoch: 3 | Loss (cross-entropy, nats): 0.64'),
    curves.join('\n'),
  );
  const rates =
    /^False positive rate, % \(real called fake\): [\d.]+ \| False negative rate, % \(fake called real\): [\d.]+$/;
  const det = await tooltipsOf(page, 'det');
  assert.ok(det.length > 1 && det.every((text) => rates.test(text)), det.join('\n'));
  const roc = await tooltipsOf(page, 'roc');
  assert.ok(
    roc.includes(
      'second score (fake): 0.750 (0.088–0.989) | False positive rate (real called fake): 0.5 | True positive rate (fake called fake): 1',
    ),
    roc.join('\n'),
  );
  const confusion = await tooltipsOf(page, 'confusion');
  assert.ok(
    confusion.includes('Label: real | Called: fake | Images: 1 | Share of the row: 25.0 %'),
    confusion.join('\n'),
  );
});

test('no chart has a tooltip with internal names, values of a drawing, or more digits than people read', {
  skip: noBrowser,
}, async (t) => {
  const names = [...specs.keys()];
  await using opened = await pageOf(temporaryFolder(t), names);
  assert.ok(names.length > 15, names.join());
  const internal =
    /(^|\| )(x|y|at|low|high|series|name|text|value|header|colour|shape|place|point|order|description|measure|split)(:|$)/;
  for (const name of names) {
    const texts = await tooltipsOf(opened.page, name, 10);
    const wrong = texts.filter(
      (text) => internal.test(text) || /[1-9]\d*\.\d{5}|0\.0*[1-9]\d{4}|#[0-9a-f]{6}/.test(text),
    );
    assert.deepEqual(wrong, [], name);
  }
  // The files of tests hold no pictures.
  assert.deepEqual(
    opened.complaints.filter((line) => !line.includes('ERR_INVALID_URL')),
    [],
  );
});
