import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { hashFingerprint } from '../src/engine/fingerprint/fingerprint.ts';
import { LocalStore } from '../src/engine/store/local-store.ts';
import { type LiveServer, startServer } from '../src/reporting/serve/serve.ts';
import { violationsOf } from './support/axe.ts';
import { BrowserPage, noBrowser } from './support/browser.ts';
import { exampleResult } from './support/example-result.ts';

const run = '2026-11-30T10-00-00.000-aaaa';
const rates = [0.0001, 0.001, 0.01, 0.1];
const heads = ['mean', 'max'];
const seeds = [7, 8, 9, 10, 11];
const epochs = 12;

/** A member of the matrix: AUC follows the rate, a little the head, and the seed as noise. */
const members = rates.flatMap((rate, i) =>
  heads.flatMap((head, j) =>
    seeds.map((seed) => {
      const auc = 0.9 - 0.1 * Math.abs(i - 1) + 0.02 * j + 0.001 * ((seed * 7) % 5);
      return { rate, head, seed, auc: Number(auc.toFixed(4)) };
    }),
  ),
);

let root: string;
let server: LiveServer;
let opened: BrowserPage;

/** Writes a run of a matrix of 40, as a run of `train` would leave it. */
function writeRun(): void {
  const store = new LocalStore(root);
  const entries = members.map(({ rate, head, seed, auc }, index) => {
    const made = exampleResult(index);
    const fingerprint = { ...made.fingerprint, settings: { rate, head, seed } };
    const points = Array.from({ length: epochs }, (_, epoch) => {
      const noise = epoch % 2 === 0 ? 0.05 : -0.05;
      return [epoch + 1, 1 / (1 + auc * epoch) + noise] as const;
    });
    const curve = { name: 'loss', unit: 'epoch', count: epochs, every: 1, points };
    const result = {
      ...made,
      fingerprint,
      digest: hashFingerprint(fingerprint),
      record: { ...made.record, settings: fingerprint.settings, curves: [curve] },
    };
    const path = store.resultPath(result.digest);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, JSON.stringify(result));
    const metrics = { 'test.auc': auc, 'test.accuracy': Number((auc - 0.1).toFixed(4)) };
    const entry = { outcome: 'ran', seconds: 1, result: result.digest, metrics };
    return [`fit[rate=${rate},head=${head},seed=${seed}]`, entry] as const;
  });
  mkdirSync(join(root, 'cache/runs', run), { recursive: true });
  const record = {
    pipeline: 'grid',
    file: 'grid.yaml',
    startedAt: '2026-11-30T10:00:00.000Z',
    seconds: 40,
    restage: '0',
    stages: Object.fromEntries(entries),
  };
  writeFileSync(join(root, 'cache/runs', run, 'run.json'), JSON.stringify(record));
}

const address = (query: Readonly<Record<string, string>> = {}) => {
  const runs = members.map((_, index) => `${run}~${index + 1}`).join(',');
  const parameters = new URLSearchParams({ runs, ...query, token: 'secret' });
  return `http://127.0.0.1:${server.port}/compare?${parameters.toString()}`;
};

before(async () => {
  if (noBrowser !== false) return;
  root = mkdtempSync(join(tmpdir(), 'restage-compare-'));
  writeRun();
  server = await startServer({
    root,
    port: 0,
    token: 'secret',
    planner: { names: () => [], plan: async () => '' },
    fill: () => undefined,
    env: {},
    isWritable: false,
    warn: (line) => assert.fail(line),
  });
  opened = await BrowserPage.open(address());
  opened.page.setDefaultTimeout(120_000); // a busy machine draws slowly
});

after(async () => {
  await opened?.[Symbol.asyncDispose]();
  await server?.close();
  if (root !== undefined) rmSync(root, { recursive: true });
});

const rowCount = () => opened.page.locator('#grid tbody tr').count();

/** Drags over shares of a plot, from its upper left corner. */
async function dragOver(plot: string, from: readonly number[], to: readonly number[]) {
  const { page } = opened;
  const element = page.locator(plot).first();
  await element.scrollIntoViewIfNeeded();
  const box = (await element.boundingBox())!;
  const at = ([x, y]: readonly number[]) =>
    [box.x + x! * box.width, box.y + y! * box.height] as const;
  await page.mouse.move(...at(from));
  await page.mouse.down();
  await page.mouse.move(...at(to), { steps: 5 });
  await page.mouse.up();
}

test('a drag over points or along an axis filters the table, by a filter that can be read', {
  skip: noBrowser,
}, async () => {
  const { page } = opened;
  const filter = page.getByRole('combobox', { name: 'Filter' });
  await page.locator('#grid svg.marks').waitFor();
  assert.equal(await rowCount(), 40);
  await page.getByLabel('Across').selectOption('seed');
  await page.getByLabel('Up').selectOption('rate');
  await page.locator('#grid svg.marks', { hasText: 'test.auc' }).waitFor();
  await dragOver('svg.marks g.root > g > path.background', [-0.02, 0.6], [0.3, 1.02]);
  assert.match(await filter.inputValue(), /^seed>=\S+ seed<=\S+ rate>=\S+ rate<=\S+$/);
  assert.equal(await rowCount(), 2 * 2 * heads.length, 'two seeds of two rates');
  await page.getByRole('button', { name: 'Show all' }).click();
  assert.equal(await rowCount(), 40);

  await page.getByLabel('Chart').selectOption('parallel');
  const axis = page.locator('#grid svg.marks text', { hasText: /^head$/ });
  await axis.scrollIntoViewIfNeeded();
  await page.mouse.wheel(0, 300); // the axis lies below its name
  await page.waitForFunction(`new Promise((done) => requestAnimationFrame(() => done(true)))`);
  const { x, y, width } = (await axis.boundingBox())!;
  await page.mouse.move(x + width / 2, y + 20);
  await page.mouse.down();
  await page.mouse.move(x + width / 2 + 4, y + 160, { steps: 5 });
  await page.mouse.up();
  assert.equal(await filter.inputValue(), 'head=max');
  assert.equal(await rowCount(), 20);
  await page.reload();
  await page.locator('#grid tbody tr').first().waitFor();
  assert.equal(await rowCount(), 20, 'the address keeps the filter');
  assert.deepEqual(opened.complaints, []);
});

test('importance, slices and a heat map of two settings are those of a sweep', {
  skip: noBrowser,
}, async () => {
  const { page } = opened;
  await page.goto(address({ chart: 'importance' }));
  const chart = page.locator('#grid svg.marks');
  await chart.getByText('What decides AUC on test').waitFor();
  await chart.getByText('By a setting alone (fANOVA), of 40 members').waitFor();
  await page.getByText('The functional ANOVA of a random forest').waitFor();
  await page.getByLabel('Chart').selectOption('slices');
  await chart.getByText('AUC of each member, by setting').waitFor();
  await page.getByLabel('Chart').selectOption('heat');
  await page.getByLabel('Down').selectOption('rate');
  await page.getByLabel('Across').selectOption('head');
  const cells = page.locator('#grid table.matrix tbody tr');
  assert.deepEqual(await cells.nth(1).locator('th, td').allTextContents(), [
    '0.001',
    '0.902',
    '0.922',
  ]);
  assert.equal(await page.locator('#grid table.matrix strong').textContent(), '0.922');
  assert.deepEqual(opened.complaints, []);
});

test('curves of 40 members zoom by a drag, hide by the legend, and are smoothed only on request', {
  skip: noBrowser,
}, async () => {
  const { page } = opened;
  await page.goto(address());
  const plot = page.locator('.curve-plot');
  await plot.locator('.line-of').nth(39).waitFor();
  await page.getByText('Not smoothed: as measured.').waitFor();
  assert.equal(await plot.locator('path.faint').count(), 0);
  const ticks = () => plot.locator('.axes text[text-anchor=end]').allTextContents();
  const whole = await ticks();
  await dragOver('.curve-plot .plane', [0.5, 0.6], [0.9, 0.9]);
  await plot.getByRole('button', { name: 'Whole range' }).waitFor();
  assert.notDeepEqual(await ticks(), whole);
  await plot.getByRole('button', { name: 'Whole range' }).click();
  assert.deepEqual(await ticks(), whole);
  await page.getByLabel('Logarithmic').check();
  assert.ok((await ticks()).includes('0.1'));
  await page.getByLabel('Smoothing').fill('0.6');
  await page.getByText('moving average of weight 0.6').waitFor();
  assert.equal(await plot.locator('path.faint').count(), 40);

  const name = page.locator('.curve-legend button[aria-pressed]').nth(2);
  const label = (await name.textContent())!.trim();
  await name.focus();
  assert.equal(await plot.locator('.front').getAttribute('data-name'), label);
  await page.keyboard.press('Enter');
  assert.equal(await plot.locator('.line-of').count(), 39);
  await page.getByRole('button', { name: 'Show all' }).click();
  await plot.locator('.plane').scrollIntoViewIfNeeded();
  const [left, top] = await page.evaluate<readonly [number, number]>(`(() => {
    const path = document.querySelectorAll('.curve-plot .line-of path:not(.faint)')[20];
    const { x, y } = path.getPointAtLength(path.getTotalLength() / 2);
    const { a, d, e, f } = path.getScreenCTM();
    return [a * x + e, d * y + f];
  })()`);
  await page.mouse.move(left, top);
  const front = await plot.locator('.line-of.front').getAttribute('data-name');
  assert.equal(await plot.locator('.line-of').last().getAttribute('data-name'), front);
  await plot.locator('.pointed', { hasText: `${front}: epoch` }).waitFor();
  await page.getByLabel('Curves by').selectOption('rate');
  assert.equal(await plot.locator('.line-of .band').count(), 4);
  assert.deepEqual(opened.complaints, []);
});

test('every form of the comparison is accessible, narrow and wide, in dark and light', {
  skip: noBrowser,
}, async () => {
  const { page } = opened;
  const violated: unknown[] = [];
  for (const [colorScheme, width] of [
    ['light', 1440],
    ['dark', 390],
  ] as const) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 900 });
    await page.goto(address());
    for (const chart of ['parallel', 'heat', 'importance']) {
      const where = `${chart} ${width} ${colorScheme}`;
      await page.getByLabel('Chart').selectOption(chart);
      await page.locator('#grid figure :is(svg.marks, table)').first().waitFor();
      for (const violation of await violationsOf(page)) violated.push([where, ...violation]);
      const wide = Number(await page.evaluate('document.documentElement.scrollWidth'));
      assert.ok(wide <= width, `${where}: ${wide} pixels wide`);
    }
  }
  assert.deepEqual(violated, []);
  assert.deepEqual(opened.complaints, []);
});
