import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { fillDefaults } from '../src/project/kinds/fill-defaults.ts';
import { plannerOf } from '../src/project/serve-project.ts';
import { type LiveServer, startServer } from '../src/reporting/serve/serve.ts';
import { violationsOf } from './support/axe.ts';
import { BrowserPage, noBrowser } from './support/browser.ts';
import { comparedProject } from './support/compared-project.ts';
import type { Project } from './support/rig.ts';

// What a person comes to the pages for who knows other trackers and has read nothing here: each
// story goes only where a control in sight leads, found by its role and its name.

let project: Project;
let server: LiveServer;
let opened: BrowserPage;

before(async () => {
  if (noBrowser !== false) return;
  project = await comparedProject();
  server = await startServer({
    root: project.root,
    port: 0,
    token: 'secret',
    planner: plannerOf(project.root, () => {}),
    fill: fillDefaults,
    env: { USER: 'anna', XDG_CONFIG_HOME: '/nowhere' },
    isWritable: true,
    warn: (line) => assert.fail(line),
  });
  opened = await BrowserPage.open(server.address);
});

after(async () => {
  await opened?.[Symbol.asyncDispose]();
  await server?.close();
  project?.[Symbol.dispose]();
});

/** Goes to a page by the bar that all of them have. */
async function goTo(name: 'Runs' | 'Compare' | 'Images') {
  const { page } = opened;
  await page
    .getByRole('navigation', { name: 'Pages' })
    .getByRole('link', { name, exact: true })
    .click();
  await page.getByRole('heading', { name, exact: true }).waitFor();
  return page;
}

/** The rows of the table of runs in which all of these texts stand. */
function rowsWith(...texts: readonly string[]) {
  const rows = opened.page.getByRole('region', { name: 'Runs' }).getByRole('row');
  return texts.reduce((left, text) => left.filter({ hasText: text }), rows);
}

/** The comparison of the 20 members of the sweep. */
async function compareMembers() {
  const page = await goTo('Compare');
  await page.getByRole('link', { name: 'Compare its 20 members' }).click();
  await page.getByRole('heading', { name: '20 members compared' }).waitFor();
  return page;
}

/** The comparison of the first two runs of the detector. */
async function compareDetectors() {
  const page = await goTo('Runs');
  for (const accuracy of ['0.817', '0.829'])
    await rowsWith('detector', accuracy).getByRole('checkbox').check();
  await page.getByRole('link', { name: 'Compare 2 runs' }).click();
  await page.getByRole('heading', { name: '2 runs compared' }).waitFor();
  return page;
}

describe('a person who has read nothing', { skip: noBrowser }, () => {
  test('finds the best learning rate over all seeds', async () => {
    const page = await goTo('Runs');
    await rowsWith('20 members').getByRole('link').click();
    await page.getByRole('link', { name: 'Compare its 20 members' }).click();
    await page.getByLabel('Mean over').selectOption('seed');
    const table = page.getByRole('region', { name: 'A row for each' });
    await table.getByRole('button', { name: 'test.auc' }).click();
    const names = await table.getByRole('rowheader').allTextContents();
    assert.deepEqual(names.toSorted(), ['rate 0.0001', 'rate 0.001', 'rate 0.01', 'rate 0.1']);
    assert.equal(names[0], 'rate 0.01');
    const best = table.getByRole('row', { name: 'rate 0.01 ' });
    assert.equal(await best.getByRole('strong').first().textContent(), '0.928');
  });

  test('finds the images about which two models disagree, and those about which most', async () => {
    const page = await goTo('Images');
    const model = page.getByLabel('Second model');
    const [, other] = await model.getByRole('option').allTextContents();
    await model.selectOption(other!);
    const box = page.getByRole('checkbox', { name: /disagreements$/ });
    await box.check();
    const [count] = /\d+/.exec((await page.getByText(/\d+ disagreements/).textContent())!)!;
    await page.getByText(`${count} of 240 images`).waitFor();
    await page.getByLabel('Order').selectOption({ label: 'difference, highest first' });
    const first = page
      .getByRole('listbox', { name: /^Images/ })
      .getByRole('option')
      .first();
    const [score, second] = (await first.textContent())!.match(/\d\.\d{3}/g)!.map(Number);
    assert.equal(score! > 0.5, second! < 0.5, `${score} and ${second} are different classes`);
    assert.deepEqual(await violationsOf(page), []);
  });

  test('sees why a run failed, and goes on', async () => {
    const page = await goTo('Runs');
    await rowsWith('failed').getByRole('link').click();
    const failure = page.getByRole('alert').first();
    assert.match(
      (await failure.textContent())!,
      /^score failed(torch\.OutOfMemoryError: CUDA out of memory)/,
    );
    const line = page.getByText('Run it again to resume');
    const command = (await line.getByRole('code').textContent())!;
    project.edit('pipelines/detector.yaml', 'strength: 9', 'strength: 5');
    const [, ...argv] = command.split(' ');
    assert.equal((await project.command(...argv)).code, 0, command);
    await goTo('Runs');
    await page.getByText('5 of 5 runs').waitFor();
  });

  test('sees which setting matters most', async () => {
    const page = await compareMembers();
    await page.getByLabel('Chart').selectOption({ label: 'importance of each setting' });
    const chart = page.getByRole('img', { name: 'importance of settings for test.auc' });
    await chart.getByText('What decides AUC on test').waitFor();
    const shares = await chart.getByText(/^\d\.\d\d$/).allTextContents();
    assert.equal(Number(shares[0]) > 0.9, true, `${shares}: the rate stands first`);
  });

  test('makes a run the baseline, and sees how far others are from it', async () => {
    const page = await goTo('Runs');
    await rowsWith('detector', '0.817')
      .getByRole('button', { name: /^Note about/ })
      .click();
    const form = page.getByRole('dialog');
    await form.getByRole('checkbox', { name: 'Pinned: first in the table' }).check();
    await form.getByRole('checkbox', { name: 'Baseline of its pipeline' }).check();
    await form.getByRole('button', { name: 'Save' }).click();
    await rowsWith('pinned', 'baseline').waitFor();
    await compareDetectors();
    const table = page.getByRole('region', { name: 'A row for each' });
    await table
      .getByRole('row', { name: /0\.829/ })
      .getByText('+0.013')
      .waitFor();
    await page.getByText('Small: the row minus the baseline.').waitFor();
    await page.getByLabel('Differences from').selectOption({ label: 'run … 3 …' });
    await table
      .getByRole('row', { name: /0\.817/ })
      .getByText('−0.013')
      .waitFor();
  });

  test('saves the columns that are of interest for everybody', async () => {
    const page = await goTo('Runs');
    await page.getByText('Columns', { exact: true }).click();
    await page.getByRole('searchbox', { name: 'Find' }).fill('accuracy');
    await page.getByRole('checkbox', { name: 'fit.test.accuracy' }).check();
    await page.getByText('Views', { exact: true }).click();
    await page.getByLabel('Save this view as').fill('accuracy of all');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText('View: accuracy of all').waitFor();
    await goTo('Runs');
    await page.getByText('Views', { exact: true }).click();
    await page.getByRole('button', { name: 'accuracy of all', exact: true }).click();
    await page.getByRole('columnheader', { name: 'fit.test.accuracy' }).waitFor();
  });

  test('compares the curves of 20 members', async () => {
    const page = await compareMembers();
    const legend = page.getByRole('group', { name: 'Press a name to hide its line' });
    const names = legend.getByRole('button', { name: /^rate/ });
    await names.nth(19).waitFor(); // the heading comes before the members
    assert.equal(await names.count(), 20);
    assert.equal(await names.first().textContent(), ' rate 0.0001, seed 1');
    await page.getByLabel('Curves by').selectOption('rate');
    assert.deepEqual(
      (await names.allTextContents()).map((name) => name.trim()),
      ['rate 0.0001', 'rate 0.001', 'rate 0.01', 'rate 0.1'],
    );
    await page.getByText('Means, with a band from the least to the greatest.').waitFor();
  });

  test('tags ten images with suspect labels, and takes them along as a list', async () => {
    const page = await goTo('Images');
    await page.getByRole('checkbox', { name: /suspect labels$/ }).check();
    const images = page.getByRole('listbox', { name: /^Images/ }).getByRole('option');
    for (const image of (await images.all()).slice(0, 10)) {
      const { width } = (await image.boundingBox())!;
      await image.hover();
      await image.click({ position: { x: width - 20, y: 20 } }); // the box in its corner
    }
    await page.getByLabel('Tag', { exact: true }).fill('wrong label');
    await page.getByRole('button', { name: 'Put it on 10 picked' }).click();
    await images.nth(9).getByText('wrong label').waitFor();
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Save 10 picked as CSV' }).click();
    const list = readFileSync(await (await download).path(), 'utf8');
    assert.equal(list.trim().split('\n').length, 11);
    assert.match(list, /^path,label,split,group,source\ntest\/0\.png,real,test,/);
  });

  test('sees what changed between two runs', async () => {
    const page = await compareDetectors();
    const differences = page.getByRole('region', { name: 'What differs' });
    const lines = await differences.getByRole('group', { name: 'Differences of the pipelines' });
    assert.match(
      (await lines.textContent())!,
      /- +run: node score\.mjs 1 .*\n\+ +run: node score\.mjs 3 /,
    );
    await differences.getByText('1 image added: test: test/240').waitFor();
  });

  test('shares chosen runs with somebody who has no Restage', async () => {
    const page = await goTo('Runs');
    for (const row of await rowsWith('detector', 'succeeded').all())
      await row.getByRole('checkbox').check();
    await page.getByText('Share', { exact: true }).click();
    const command = (await page.getByText(/^restage report/).textContent())!;
    assert.deepEqual(await violationsOf(page), []);
    const [, ...argv] = command.split(' ');
    assert.equal((await project.command(...argv)).code, 0, command);
    await using offline = await BrowserPage.open(project.path('shared/index.html'));
    await offline.page.getByText('3 of 3 runs').waitFor();
    assert.deepEqual([...opened.complaints, ...offline.complaints], []);
  });
});
