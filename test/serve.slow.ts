import assert from 'node:assert/strict';
import { appendFileSync, readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { writeMap } from '../src/learning/vision/features/map-files.ts';
import { shareRuns } from '../src/project/history/share-runs.ts';
import { fillDefaults } from '../src/project/kinds/fill-defaults.ts';
import { OpenedProject } from '../src/project/opened-project.ts';
import { plannerOf } from '../src/project/serve-project.ts';
import { type LiveServer, startServer } from '../src/reporting/serve/serve.ts';
import { violationsOf } from './support/axe.ts';
import { BrowserPage, noBrowser } from './support/browser.ts';
import { Project } from './support/rig.ts';
import { writeTintedDataset } from './support/tinted-dataset.ts';

const hostile = `<img src=x onerror=alert(1)> & "quoted"`;
const yaml = `description: '${hostile}'
stages:
  scores:
    kind: command
    outputs:
      metrics: { path: artifacts/test/scores.json, type: metrics }
      scores: { path: artifacts/test/scores.csv, type: scores }
      faces: { path: artifacts/test/faces, type: dataset }
      map: { path: artifacts/test/map, type: map }
    inputs: { dataset: ./faces, table: ./scores.csv, points: ./points }
    with:
      run: "echo '<script>alert(2)</script>' && cp -r \${inputs.dataset} \${outputs.faces} && cp -r \${inputs.points} \${outputs.map} && cp \${inputs.table} \${outputs.scores} && cp metrics.json \${outputs.metrics}"
  slow:
    kind: command
    inputs: { read: scores.metrics }
    outputs: { text: artifacts/test/slow.txt }
    with: { run: "echo begun && read _ < gate && echo passed > \${outputs.text}" }
`;

let project: Project;
let server: LiveServer;
const serve = (port = 0) =>
  startServer({
    root: project.root,
    port,
    token: 'secret',
    planner: plannerOf(project.root, () => {}),
    fill: fillDefaults,
    env: { USER: 'anna', XDG_CONFIG_HOME: '/nowhere' },
    isWritable: true,
    warn: (line) => assert.fail(line),
  });
const address = (path: string) =>
  `http://127.0.0.1:${server.port}${path}${path.includes('?') ? '&' : '?'}token=secret`;

before(async () => {
  if (noBrowser !== false) return;
  const rows = Array.from(
    { length: 300 },
    (_, i) => `test/${i},test,${i % 2 ? 'fake' : 'real'},${(i % 7) / 7},${(i % 5) / 5}`,
  );
  project = new Project(yaml, {
    'scores.csv': `key,split,label,logit.real,logit.fake\n${rows.join('\n')}\n`,
    'metrics.json': '{ "splits": { "test": { "accuracy": 0.7, "auc": 0.8 } } }',
  });
  await writeTintedDataset(project.path('faces'), { test: 300 });
  writeGrid(project.path('points'));
  process.chdir(project.root);
  const gate = project.gate('gate');
  gate.pass(2);
  await project.run();
  project.write('metrics.json', '{ "splits": { "test": { "accuracy": 0.75, "auc": 0.85 } } }');
  await project.run('--force');
  server = await serve();
});
/** A map with the images in 15 rows of 20, and beside it in another order. */
function writeGrid(folder: string): void {
  const images = Array.from({ length: 300 }, (_, i) => {
    const name = i % 2 ? 'fake' : 'real';
    const sample = { key: `test/${i}`, label: i % 2, class: name, source: name, path: `${i}.png` };
    return { split: 'test', sample };
  });
  const places = images.flatMap((_, i) => [i % 20, Math.floor(i / 20)]);
  const layout = (name: string, title: string) => ({
    name,
    title,
    measures: [{ name: `trustworthiness of ${title}`, value: '0.9' }],
  });
  writeMap(folder, {
    info: { format: 1, layouts: [layout('rows', 'Rows'), layout('turned', 'Turned')] },
    images,
    layouts: new Map([
      ['rows', Float64Array.from(places)],
      ['turned', Float64Array.from(places, (value) => -value)],
    ]),
    nearest: Int32Array.from(images.flatMap((_, i) => [(i + 1) % 300, (i + 2) % 300])),
  });
}

after(async () => {
  await server?.close();
  project?.[Symbol.dispose]();
});

const idsOf = () =>
  project.files('cache/runs').flatMap((path) => /^(.*)\/run\.json$/.exec(path)?.[1] ?? []);

test('every page is complete and accessible, narrow and wide, in dark and light, without a message on the console', {
  skip: noBrowser,
}, async () => {
  const [firstRun, secondRun] = idsOf();
  const pages = [
    '/',
    `/run/${firstRun}`,
    '/compare',
    `/compare?runs=${firstRun},${secondRun}`,
    '/images',
    '/images?at=1',
    '/graph',
  ];
  const audited = new Set(['1280 light', '390 dark']);
  for (const width of [1280, 390])
    for (const colorScheme of ['light', 'dark'] as const) {
      await using opened = await BrowserPage.open(address('/'), {
        viewport: { width, height: 800 },
        colorScheme,
      });
      for (const path of pages) {
        const where = `${path} ${width} ${colorScheme}`;
        await opened.page.goto(address(path));
        await opened.page.locator('main h1, #header h1').first().waitFor();
        if (path === '/') {
          await opened.page.getByText('2 of 2 runs').waitFor();
          assert.equal(
            await opened.page.locator('#table table').count(),
            1,
            'the first rows make room for the whole table',
          );
        }
        if (path === '/images') await opened.page.locator('#image-1 img').waitFor();
        if (path === '/images?at=1') {
          await opened.page.getByRole('dialog').waitFor();
          await opened.page.locator('.pictures img').first().waitFor();
        }
        // Colours do not depend on the width, nor sizes on the colours.
        if (audited.has(`${width} ${colorScheme}`))
          assert.deepEqual(await violationsOf(opened.page), [], where);
        const wide = Number(await opened.page.evaluate('document.documentElement.scrollWidth'));
        assert.ok(wide <= width, `${where}: ${wide} pixels wide`);
        assert.deepEqual(opened.complaints, [], where);
      }
      const foreign = opened.requests.filter(
        (url) => !url.startsWith(`http://127.0.0.1:${server.port}/`),
      );
      assert.deepEqual(foreign, [], 'pages load nothing from elsewhere');
    }
});

test('the keyboard filters, sorts and compares runs, and the address keeps the view', {
  skip: noBrowser,
}, async () => {
  await using opened = await BrowserPage.open(address('/'));
  const { page } = opened;
  await page.getByText('2 of 2 runs').waitFor();
  const bytes = await page.evaluate<number>(`['navigation', 'resource']
    .flatMap((type) => performance.getEntriesByType(type))
    .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0)`);
  assert.ok(bytes > 0 && bytes < 300_000, `${bytes} bytes at the first load`);
  await page.getByRole('combobox', { name: 'Filter' }).focus();
  await page.keyboard.type('test.auc>0.82');
  await page.getByText('1 of 2 runs').waitFor();
  assert.match(page.url(), /q=test\.auc%3E0\.82/);
  await page.reload();
  await page.getByText('1 of 2 runs').waitFor();
  await page.getByRole('combobox', { name: 'Filter' }).fill('');
  await page.getByRole('button', { name: 'time' }).focus();
  await page.keyboard.press('Enter');
  assert.match(page.url(), /sort=-time/);
  for (const box of await page.getByRole('checkbox', { name: /^Tick \d/ }).all()) {
    await box.focus();
    await page.keyboard.press('Space');
  }
  await page.getByRole('link', { name: 'Compare 2 runs' }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: '2 runs compared' }).waitFor();
  assert.deepEqual(opened.complaints, []);
});

test('the keyboard finds, opens and picks images', { skip: noBrowser }, async () => {
  await using opened = await BrowserPage.open(address('/images'));
  const { page } = opened;
  await page.getByRole('button', { name: 'fake called real' }).focus();
  await page.keyboard.press('Enter');
  assert.match(page.url(), /class%3Dfake\+predicted%3Dreal/);
  const marks = Number(
    /^(\d+) of 300 images/.exec((await page.getByText('of 300 images').textContent())!)![1],
  );
  const bins = await page
    .locator('.histogram button')
    .evaluateAll((all) => all.map((element) => element.ariaLabel!));
  const counts = bins.map((label) => Number(/(\d+) images$/.exec(label)![1]));
  assert.equal(
    counts.reduce((sum, count) => sum + count),
    marks,
    'the bins count what a click on them shows',
  );
  await page.getByRole('listbox').focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('p');
  await page.getByRole('button', { name: 'Save 1 picked as CSV' }).waitFor();
  await page.keyboard.press('Enter');
  await page
    .getByRole('dialog')
    .getByText(/^2 of \d+$/)
    .waitFor();
  await page.keyboard.press('ArrowRight');
  await page
    .getByRole('dialog')
    .getByText(/^3 of \d+$/)
    .waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  const saved = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save 1 picked as CSV' }).click();
  const text = readFileSync(await (await saved).path(), 'utf8');
  assert.match(text, /^path,label,split,group,source\ntest\/\d+\.png,fake,test,,tinted\n$/);
  assert.deepEqual(opened.complaints, []);
});

test('the mouse picks several images, pixels are enlarged, and a table says where two models agree', {
  skip: noBrowser,
}, async () => {
  const [firstRun, secondRun] = idsOf();
  const query = new URLSearchParams({
    run: firstRun!,
    stage: 'scores',
    other: `${secondRun}:scores`,
  });
  await using opened = await BrowserPage.open(address(`/images?${query.toString()}`));
  const { page } = opened;
  await page.getByRole('button', { name: /: first wrong, second right$/ }).waitFor();
  const matrices = page.locator('.confusion caption', { hasText: 'True class (rows)' });
  assert.deepEqual(await matrices.allTextContents(), [
    'First model: True class (rows) by predicted class (columns)',
    'Second model: True class (rows) by predicted class (columns)',
  ]);
  assert.match(
    (await page.locator('.confusion button small').allTextContents()).join(),
    /^\d+\.\d %,/,
    'a share of the class in each cell',
  );
  assert.match(
    (await page.locator('#image-0 small').textContent())!,
    /^real( → fake)?\d\.\d{3} \| \d\.\d{3}$/,
    'class, prediction and both scores',
  );
  const both = page.getByRole('button', { name: /: first right, second right$/ });
  const count = await both.textContent();
  await both.click();
  await page.getByText(`${count} of 300 images`).waitFor();
  assert.match(page.url(), /right%3Dyes\+right2%3Dyes/);
  await page.locator('#image-0').click({ modifiers: ['Control'] });
  await page.locator('#image-3').click({ modifiers: ['Shift'] });
  await page.getByRole('button', { name: 'Save 4 picked as CSV' }).waitFor();
  await page.getByRole('button', { name: 'Clear the picks' }).click();
  await page.getByRole('button', { name: 'Pick all shown' }).click();
  await page.getByRole('button', { name: `Save ${count} picked as CSV` }).waitFor();
  await page.locator('#image-1').click();
  await page.getByRole('dialog').getByLabel('Zoom').selectOption('4');
  const picture = "document.querySelector('.pictures img')";
  assert.equal(await page.evaluate(`getComputedStyle(${picture}).imageRendering`), 'pixelated');
  const zoom = await page.evaluate(
    `${picture}.getBoundingClientRect().width / ${picture}.naturalWidth`,
  );
  assert.equal(zoom, 4);
  assert.deepEqual(opened.complaints, []);
});

test('menus of the images name runs by what they measured, and act at once', {
  skip: noBrowser,
}, async () => {
  const [firstRun, secondRun] = idsOf();
  await using opened = await BrowserPage.open(address(`/images?run=${firstRun}`));
  const { page } = opened;
  const menu = page.locator('select[name=run]');
  const names = await menu.locator('option').allTextContents();
  assert.deepEqual(names.map((name) => name.replace(/\d{4}-[-\d: ]+/, 'TIME')).sort(), [
    'test, succeeded, TIME, scores.test.auc 0.800',
    'test, succeeded, TIME, scores.test.auc 0.850',
  ]);
  await menu.selectOption(secondRun!);
  await page.waitForURL((url) => url.searchParams.get('run') === secondRun);
  await page.locator('select[name=other]').selectOption(`${firstRun}:scores`);
  await page.locator('#image-0 small', { hasText: '|' }).waitFor();
  const focused = await page.evaluate('document.activeElement?.name');
  assert.equal(focused, 'other', 'the keyboard stays where it was');
  assert.deepEqual(opened.complaints, []);
});

test('thousands of picks stand in the address, and a thumbnail fills its part of the line', {
  skip: noBrowser,
}, async () => {
  await using opened = await BrowserPage.open(address('/images?q=right=no'), {
    viewport: { width: 390, height: 800 },
  });
  const { page } = opened;
  await page.getByRole('button', { name: 'Pick all shown' }).click();
  const picked = page.getByRole('button', { name: /^Save \d+ picked as CSV$/ });
  const text = await picked.textContent();
  assert.ok(new URL(page.url()).search.length < 200, page.url());
  await page.reload();
  assert.equal(await picked.textContent(), text);
  const { width } = (await page.locator('.grid').boundingBox())!;
  const { width: side } = (await page.locator('#image-0').boundingBox())!;
  assert.ok(width - 3 * side < 6, `three of ${side} pixels in ${width}`);
  const scrolls = await page
    .locator('.grid')
    .evaluate((grid) => grid.scrollHeight > grid.clientHeight + 1);
  assert.equal(scrolls, false, 'only the page scrolls');
  assert.deepEqual(opened.complaints, []);
});

test('a stage is found in the graph, which leads to it unfolded', { skip: noBrowser }, async () => {
  await using opened = await BrowserPage.open(address('/graph'));
  const { page } = opened;
  await page.getByLabel('Find').fill('slo');
  await page.getByText('1 of 2 boxes').waitFor();
  assert.equal(await page.locator('details.stage:visible').count(), 1);
  await page.locator('.graph a.found').click();
  await page.locator('details.stage[open] h4', { hasText: 'Settings' }).waitFor();
  const drawing = page.locator('.graph svg');
  const { width } = (await drawing.boundingBox())!;
  await page.getByLabel('Zoom').selectOption('0.5');
  assert.ok((await drawing.boundingBox())!.width < width);
  assert.match(page.url(), /find=slo&zoom=0\.5#stage-slow$/);
  assert.deepEqual(opened.complaints, []);
});

test('a run draws the cores, memory and graphics cards that its stages used, beside its contents', {
  skip: noBrowser,
}, async () => {
  const [firstRun] = idsOf();
  const started = Date.parse(firstRun!.slice(0, 10));
  const samples = Array.from({ length: 30 }, (_, second) => ({
    time: started + 1000 * second,
    stages: { scores: [0.5, 2 ** 30, 0.75, 2 ** 33], slow: [second / 30, 2 ** 29] },
  }));
  project.write(
    `cache/runs/${firstRun}/usage.jsonl`,
    samples.map((sample) => `${JSON.stringify(sample)}\n`).join(''),
  );
  await using opened = await BrowserPage.open(address(`/run/${firstRun}`), {
    viewport: { width: 1440, height: 900 },
  });
  const { page } = opened;
  await page.getByRole('link', { name: 'Use of the machine' }).click();
  const charts = page.locator('#usage figure.chart svg.marks');
  await charts.nth(1).waitFor();
  const names = await page.locator('#usage figcaption').allTextContents();
  assert.deepEqual(
    names.map((name) => name.trim()),
    [
      'Stages, cores in use',
      'Stages, memory (GiB)',
      'Stages, graphics cards in use',
      'Stages, memory of graphics cards (GiB)',
    ],
  );
  const ticks = await charts.first().locator('text').allTextContents();
  for (const text of ['scores', 'slow', '0.0'])
    assert.ok(ticks.includes(text), `${text}: ${ticks}`);
  const contents = (await page.locator('#contents').boundingBox())!;
  const { x } = (await page.locator('#usage').boundingBox())!;
  assert.ok(contents.x + contents.width <= x, 'the contents stand at the side');
  assert.ok(contents.y >= 0 && contents.y < 100, 'and stay in sight');
  assert.deepEqual(opened.complaints, []);
});

test('a key puts a tag of one’s own on an image, which stays and can be filtered', {
  skip: noBrowser,
}, async () => {
  await using opened = await BrowserPage.open(address('/images'));
  const { page } = opened;
  await page.getByLabel('Tag', { exact: true }).fill('wrong label');
  await page.getByRole('listbox').focus();
  await page.keyboard.press('t'); // and at once the next
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('t');
  await page.locator('#image-1 .tag', { hasText: 'wrong label' }).waitFor();
  await page.locator('#image-0 .tag').waitFor();
  await page.keyboard.press('p');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('p');
  await page.getByRole('button', { name: 'Put it on 2 picked, or take it off' }).click();
  await page.locator('#image-2 .tag').waitFor();
  await page.reload();
  await page.getByRole('combobox', { name: 'Filter' }).fill('tags="wrong label"');
  await page.getByText('3 of 300 images').waitFor();
  await page.locator('#image-0').click();
  await page.keyboard.press('t');
  await page.getByText('2 of 300 images').waitFor();
  const lines = project.files('notes').filter((name) => name.endsWith('.jsonl'));
  assert.match(project.read(`notes/${lines[0]}`), /"image":"test\/1\.png"|"image":"1\.png"/);
  const suspects = page.getByRole('checkbox', { name: /suspect labels$/ });
  await suspects.check();
  assert.match(page.url(), /suspect%3Dyes/);
  assert.deepEqual(opened.complaints, []);
});

test('Back undoes the last step, as everywhere on the web', { skip: noBrowser }, async () => {
  await using opened = await BrowserPage.open(address('/'));
  const { page } = opened;
  await page.getByText('2 of 2 runs').waitFor();
  await page.getByRole('combobox', { name: 'Filter' }).pressSequentially('test.auc>0.82');
  await page.getByText('1 of 2 runs').waitFor();
  const sortedBy = (order: string) => page.locator(`th[aria-sort=${order}]`).getByText('time');
  await page.getByRole('button', { name: 'time' }).click();
  await sortedBy('descending').click();
  await sortedBy('ascending').waitFor();
  await page.goBack();
  await sortedBy('descending').waitFor();
  await page.goBack();
  await sortedBy('descending').waitFor({ state: 'detached' });
  assert.equal(
    await page.getByRole('combobox', { name: 'Filter' }).inputValue(),
    'test.auc>0.82',
    'typing is no step of its own',
  );

  await page.goto(address('/images'));
  await page.getByRole('button', { name: 'fake called real' }).click();
  await page.locator('[role=option]').first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText(/^1 of \d+$/).waitFor();
  await page.keyboard.press('ArrowRight');
  await dialog.getByText(/^2 of \d+$/).waitFor();
  await page.goBack();
  await dialog.waitFor({ state: 'detached' });
  assert.match(page.url(), /predicted%3Dreal/, 'Back from an image leads to the images');
  await page.goForward();
  await dialog.waitFor();
  await page.keyboard.press('Escape');
  // The browser hides the dialog before the page goes back in its history.
  await page.waitForURL(({ searchParams }) => !searchParams.has('at'));
  await page.goBack();
  await page.getByText('300 of 300 images').waitFor();
  assert.deepEqual(opened.complaints, []);
});

test('the menu of columns closes by Escape and by a click outside', {
  skip: noBrowser,
}, async () => {
  await using opened = await BrowserPage.open(address('/'));
  const { page } = opened;
  const find = page.getByRole('searchbox', { name: 'Find' });
  for (const close of [
    () => page.keyboard.press('Escape'),
    () => page.getByRole('heading', { name: 'Runs' }).click(),
  ]) {
    await page.getByText('Columns', { exact: true }).click();
    await find.waitFor();
    await close();
    await find.waitFor({ state: 'hidden' });
  }
});

test('members of a matrix are rows that are named, filtered and compared', {
  skip: noBrowser,
}, async (t) => {
  using matrix = new Project(`stages:
  fit:
    kind: command
    matrix: { rate: [0.001, 0.01], seed: [7, 8] }
    outputs: { metrics: { path: "artifacts/\${matrix.rate}-\${matrix.seed}.json", type: metrics } }
    with: { run: "echo '{ \\"splits\\": { \\"test\\": { \\"auc\\": 0.\${matrix.seed}, \\"rate\\": \${matrix.rate} } } }' > \${outputs.metrics}" }
`);
  await matrix.run();
  const served = await startServer({
    root: matrix.root,
    port: 0,
    token: 'secret',
    planner: plannerOf(matrix.root, () => {}),
    fill: fillDefaults,
    env: {},
    isWritable: false,
    warn: (line) => assert.fail(line),
  });
  t.after(() => served.close());
  await using opened = await BrowserPage.open(`http://127.0.0.1:${served.port}/?token=secret`);
  const { page } = opened;
  await page.getByRole('button', { name: '4 members' }).click();
  await page.getByText('4 of 4 members').waitFor();
  const names = await page.locator('th.name a').allTextContents();
  assert.deepEqual(names, [
    'rate 0.001, seed 7',
    'rate 0.001, seed 8',
    'rate 0.01, seed 7',
    'rate 0.01, seed 8',
  ]);
  await page.getByRole('combobox', { name: 'Filter' }).fill('seed=8 rate>0.005');
  await page.getByText('1 of 4 members').waitFor();
  await page.getByRole('combobox', { name: 'Filter' }).fill('rate=0.01');
  await page.getByText('2 of 4 members').waitFor();
  await page.getByRole('checkbox', { name: 'Tick all 2 that are shown' }).check();
  await page.getByRole('link', { name: 'Compare 2 members' }).click();
  await page.getByRole('heading', { name: '2 members compared' }).waitFor();
  const grid = page.locator('#grid');
  const labels = () => grid.locator('tbody th').allTextContents();
  // The heading comes first, then the members.
  await grid.locator('tbody th').nth(1).waitFor();
  assert.deepEqual(await labels(), ['seed 7', 'seed 8'], 'only what differs names them');
  assert.deepEqual(await grid.locator('tbody strong').allTextContents(), ['0.800'], 'the best');
  await grid.getByRole('button', { name: 'test.auc' }).click();
  await grid.locator('th[aria-sort=descending]').waitFor();
  assert.deepEqual(await labels(), ['seed 8', 'seed 7']);
  await grid.getByRole('combobox', { name: 'Mean over' }).selectOption('seed');
  await grid.getByText('Student’s t').waitFor();
  assert.equal((await labels()).length, 1);
  assert.equal(
    (await grid.locator('tbody .mark circle').count()) > 0,
    true,
    'a point for each seed',
  );
  await grid.locator('figure svg.marks').waitFor();
  assert.deepEqual(opened.complaints, []);
});

test('the gallery follows a lasso on the map, whose images become a list and a slice', {
  skip: noBrowser,
}, async () => {
  await using opened = await BrowserPage.open(address('/images'));
  const { page } = opened;
  const canvas = page.getByRole('img', { name: /^Map of the images/ });
  await canvas.scrollIntoViewIfNeeded();
  await page.getByText('trustworthiness of Rows: 0.9').waitFor();
  await page.getByRole('button', { name: 'Lasso', exact: true }).click();
  const { x, y, width, height } = (await canvas.boundingBox())!;
  // The fitted view has the grid of 19 by 14 in its middle, with a margin of a twentieth.
  const unit = Math.min((0.9 * width) / 19, (0.9 * height) / 14);
  const at = (column: number, row: number) =>
    [x + width / 2 + (column - 9.5) * unit, y + height / 2 - (row - 7) * unit] as const;
  await page.mouse.move(...at(-0.5, -0.5));
  await page.mouse.down();
  for (const corner of [at(3.5, -0.5), at(3.5, 1.5), at(-0.5, 1.5)])
    await page.mouse.move(...corner, { steps: 4 });
  await page.mouse.up();
  // Columns 0 to 3 of rows 0 and 1: images 0 to 3 and 20 to 23.
  await page.getByText('8 of 300 images, in the lasso').waitFor();
  assert.match(page.url(), /lasso=rows%3A/);
  const keysOf = async (button: string) => {
    const saved = page.waitForEvent('download');
    await page.getByRole('button', { name: button }).click();
    return readFileSync(await (await saved).path(), 'utf8');
  };
  const list = await keysOf('Save these as CSV');
  assert.deepEqual(
    list.match(/test\/\d+\.png/g),
    [0, 1, 2, 3, 20, 21, 22, 23].map((i) => `test/${i}.png`),
  );
  const slice = await keysOf('Save all as CSV with a column lasso');
  assert.match(slice, /^path,label,split,group,source,lasso\ntest\/0\.png,real,test,,tinted,in\n/);
  assert.deepEqual([slice.match(/,in\n/g)?.length, slice.match(/,out\n/g)?.length], [8, 292]);

  await page.reload();
  await page.getByText('8 of 300 images, in the lasso').waitFor();
  await page.getByLabel('Layout').selectOption('turned');
  await page.getByText('trustworthiness of Turned: 0.9').waitFor();
  await page.getByText('8 of 300 images, in the lasso').waitFor();
  await page.getByRole('button', { name: 'Clear the selection' }).click();
  await page.getByText('300 of 300 images').waitFor();
  assert.deepEqual(opened.complaints, []);
});

test('a click on the map shows the images that are nearest in the features, and a filter dims all others', {
  skip: noBrowser,
}, async () => {
  await using opened = await BrowserPage.open(address('/images'));
  const { page } = opened;
  const canvas = page.getByRole('img', { name: /^Map of the images/ });
  await canvas.scrollIntoViewIfNeeded();
  await page.getByText('trustworthiness of Rows').waitFor();
  const { x, y, width, height } = (await canvas.boundingBox())!;
  const unit = Math.min((0.9 * width) / 19, (0.9 * height) / 14);
  await page.mouse.move(x + width / 2 + 0.5 * unit, y + height / 2);
  await page.locator('.hint', { hasText: 'test/150' }).waitFor();
  await page.mouse.down();
  await page.mouse.up();
  await page.getByText('3 of 300 images: one, and those nearest to it in the features').waitFor();
  assert.deepEqual(
    await page
      .locator('.grid [role=option]')
      .evaluateAll((all) => all.map(({ title }) => title.slice(0, 8))),
    ['test/150', 'test/151', 'test/152'],
  );
  await page.goBack();
  await page.getByText('300 of 300 images').waitFor();
  const painted = (column: number) =>
    page
      .locator('.plane canvas')
      .first()
      .evaluate(
        (element, [share]) => {
          const plane = element as unknown as {
            width: number;
            height: number;
            getContext(form: string): {
              getImageData(...box: number[]): { data: Uint8ClampedArray };
            };
          };
          const at = [Math.round(share! * plane.width), Math.round(plane.height / 2)] as const;
          return [...plane.getContext('2d').getImageData(at[0], at[1], 1, 1).data.slice(0, 3)];
        },
        [0.5 + ((column - 9.5) * unit) / width],
      );
  assert.deepEqual(await painted(10), [0, 0x72, 0xb2], 'a real image in the first colour');
  assert.deepEqual(await painted(11), [0xe6, 0x9f, 0], 'a fake one in the second');
  await page.getByRole('button', { name: /^real/ }).click();
  await page.getByText('150 of 300 images').waitFor();
  await page.evaluate('new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)))');
  assert.deepEqual(await painted(10), [0, 0x72, 0xb2]);
  assert.deepEqual(await painted(11), [0xdc, 0xdf, 0xe3], 'a point that is not shown is faint');
  const plane = (await canvas.boundingBox())!;
  for (const name of ['Zoom in', 'Zoom out', 'Show all points']) {
    const button = page.getByRole('button', { name });
    const box = (await button.boundingBox())!;
    assert.ok(box.y + box.height <= plane.y, `${name} covers no point`);
    await button.click();
  }
  await canvas.focus();
  await page.keyboard.press('+');
  await page.keyboard.press('0');
  // This test reads pixels, which the page never does.
  const complaints = opened.complaints.filter((text) => !text.includes('willReadFrequently'));
  assert.deepEqual(complaints, []);
});

test('the map knows the image under the pointer from its first moment', {
  skip: noBrowser,
}, async () => {
  await using opened = await BrowserPage.open(address('/'));
  const { page } = opened;
  // A pointer that moves in the task after the one that drew the map, before any frame.
  await page.addInitScript(`new MutationObserver((_, observer) => {
    const canvas = document.querySelectorAll('.plane canvas')[1];
    if (canvas === undefined) return;
    observer.disconnect();
    setTimeout(() => {
      const { left, top, width, height } = canvas.getBoundingClientRect();
      const unit = Math.min((0.9 * width) / 19, (0.9 * height) / 14);
      const at = { clientX: left + width / 2 + 7.5 * unit, clientY: top + height / 2 };
      canvas.dispatchEvent(new PointerEvent('pointermove', { ...at, bubbles: true }));
    });
  }).observe(document, { childList: true, subtree: true })`);
  await page.goto(address('/images'));
  await page.locator('.hint', { hasText: 'test/157' }).waitFor();
  assert.deepEqual(opened.complaints, []);
});

test('a run is named, tagged and pinned in the table, and a view of it is saved for all', {
  skip: noBrowser,
}, async () => {
  const [firstRun] = idsOf();
  await using opened = await BrowserPage.open(address('/'));
  const { page } = opened;
  await page.getByText('2 of 2 runs').waitFor();
  const rows = page.locator('#table tbody th');
  assert.match((await rows.first().locator('a').getAttribute('title'))!, /./);
  await page
    .getByRole('button', { name: /^Note about/ })
    .nth(1)
    .click();
  await page.getByLabel('Name', { exact: true }).fill(hostile);
  await page.getByLabel('Tags, separated by commas').fill('good, to repeat');
  await page.getByLabel('Note', { exact: true }).fill('Look at the <b>rate</b>.');
  await page.getByLabel('Pinned: first in the table').check();
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await rows.first().getByText('pinned').waitFor();
  assert.equal(await rows.first().locator('a').getAttribute('title'), firstRun);
  assert.equal(await rows.first().locator('a').textContent(), hostile);
  await page.getByLabel('Filter').fill('tags=good');
  await page.getByText('1 of 2 runs').waitFor();

  await page.locator('summary', { hasText: 'Columns' }).click();
  await page.getByLabel('Find').fill('auc');
  await page.getByRole('button', { name: 'Hide time' }).click();
  await page.getByRole('button', { name: 'Move tags to the left' }).click();
  await page.keyboard.press('Escape');
  const heads = page.locator('#table thead th button');
  assert.deepEqual((await heads.allTextContents()).slice(0, 4), [
    'tags',
    'name',
    'pipeline',
    'state',
  ]);
  await heads.nth(3).dragTo(heads.nth(0));
  assert.deepEqual((await heads.allTextContents()).slice(0, 3), ['state', 'tags', 'name']);
  await page.locator('summary', { hasText: 'Views' }).click();
  await page.getByLabel('Save this view as').fill('the good ones');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.locator('summary', { hasText: 'View: the good ones' }).waitFor();
  assert.match(project.read('views.yaml'), /^ {2}the good ones:\n {4}filter: tags=good\n/m);

  await page.goto(address('/'));
  await page.getByText('2 of 2 runs').waitFor();
  await page.locator('summary', { hasText: 'Views' }).click();
  await page.getByRole('button', { name: 'the good ones', exact: true }).click();
  await page.getByText('1 of 2 runs').waitFor();
  await page.goto(address(`/run/${firstRun}`));
  await page.locator('#notes .note', { hasText: 'Look at the <b>rate</b>.' }).waitFor();
  await page.getByRole('button', { name: 'Edit', exact: true }).click();
  await page.getByLabel('Tags, separated by commas').fill('good');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.locator('#notes a.tag', { hasText: 'to repeat' }).waitFor({ state: 'detached' });
  assert.deepEqual(opened.complaints, []);
});

test('a filter completes names and values by keyboard, and takes or and not', {
  skip: noBrowser,
}, async () => {
  await using opened = await BrowserPage.open(address('/'));
  const { page } = opened;
  await page.getByText('2 of 2 runs').waitFor();
  const filter = page.getByRole('combobox', { name: 'Filter' });
  await filter.pressSequentially('not sta');
  await page.getByRole('option', { name: 'state', exact: true }).waitFor();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.keyboard.type('=');
  await page.getByRole('option', { name: 'succeeded' }).click();
  assert.equal(await filter.inputValue(), 'not state=succeeded');
  await page.getByText('0 of 2 runs').waitFor();
  await filter.pressSequentially(' or auc>0.82');
  await page.getByText('1 of 2 runs').waitFor();
  await filter.pressSequentially(' or');
  await page.getByText('Something must stand on both sides of or.').waitFor();
  assert.deepEqual(opened.complaints, []);
});

test('on paper a run has its charts and tables, without what is folded', {
  skip: noBrowser,
}, async () => {
  const [firstRun] = idsOf();
  await using opened = await BrowserPage.open(address(`/run/${firstRun}`));
  const { page } = opened;
  await page.emulateMedia({ media: 'print' });
  assert.equal(await page.locator('h1').isVisible(), true);
  assert.equal(await page.locator('#stages').isVisible(), false);
  assert.equal(await page.locator('#log').isVisible(), false);
  assert.equal(await page.locator('#usage').isVisible(), false);
  assert.equal(await page.locator('#provenance').isVisible(), true);
  await page.setViewportSize({ width: 760, height: 1075 }); // A4
  const wide = Number(await page.evaluate('document.documentElement.scrollWidth'));
  assert.ok(wide <= 760, `${wide} pixels: nothing scrolls on paper`);
});

test('a folder of runs opens without a server: the table, each run and the comparison', {
  skip: noBrowser,
}, async () => {
  const opened = new OpenedProject(project.root, { onWarning: (line) => assert.fail(line) });
  const names = idsOf().join(',');
  const choice = { runs: names, images: 'split=test right=no score<0.3' };
  const written = await shareRuns(opened, choice, 'shared');
  assert.deepEqual([written.runs, written.compared], [2, 2]);
  await assert.rejects(shareRuns(opened, choice, 'shared'), /shared is there already/);
  const refused = (part: Partial<typeof choice>) =>
    shareRuns(opened, { ...choice, ...part }, 'other');
  await assert.rejects(refused({ runs: 'pipeline=none' }), /No run that has ended/);
  await assert.rejects(refused({ images: 'nowhere=1' }), /no image has a column nowhere/);
  await assert.rejects(refused({ images: 'score>2' }), /no image of these runs meets score>2/);
  await using offline = await BrowserPage.open(project.path('shared/index.html'));
  const { page } = offline;
  await page.getByText('2 of 2 runs').waitFor();
  await page.getByLabel('Filter').fill('auc>0.82');
  await page.getByText('1 of 2 runs').waitFor();
  await page.locator('#table tbody th a').click();
  await page.locator('#pipeline .badge, .badge', { hasText: 'succeeded' }).first().waitFor();
  assert.equal(await page.locator('#log').count(), 0);
  await page.getByRole('link', { name: 'Its images' }).click();
  const count = await page.getByText(/^\d+ of \d+ images/).textContent();
  assert.match(count!, new RegExp(`^${written.images} of ${written.images} images`));
  await page.waitForFunction("document.querySelector('#image-0 img')?.naturalWidth > 0");
  await page.locator('#image-0').click();
  await page.getByRole('dialog').waitFor();
  await page.waitForFunction("document.querySelector('.pictures img')?.naturalWidth > 0");
  await page.keyboard.press('Escape');
  assert.equal(await page.getByLabel('Tag', { exact: true }).count(), 0, 'nothing is written');
  await page.getByRole('link', { name: 'Compare', exact: true }).click();
  await page.locator('#grid table').waitFor();
  await page.locator('figure.chart svg.marks').first().waitFor();
  assert.deepEqual(await page.locator('a[href^="/"]').count(), 0);
  assert.ok(
    offline.requests.every((url) => url.startsWith('file:')),
    'nothing from elsewhere',
  );
  assert.deepEqual(offline.complaints, []);
});

test('a tooltip of a served chart shows its names whole', { skip: noBrowser }, async () => {
  const [firstRun, secondRun] = idsOf();
  await using opened = await BrowserPage.open(address(`/compare?runs=${firstRun},${secondRun}`));
  const { page } = opened;
  const chart = page.locator('figure.chart svg.marks').first();
  await chart.scrollIntoViewIfNeeded();
  await chart.waitFor();
  const { x, y, width, height } = (await chart.boundingBox())!;
  await page.mouse.move(x + 0.5 * width, y + 0.5 * height);
  await page.mouse.move(x + 0.5 * width + 2, y + 0.5 * height);
  const names = page.locator('#vg-tooltip-element.visible td.key');
  await names.first().waitFor();
  assert.deepEqual(await names.allTextContents(), ['False positive rate', 'True positive rate']);
  const cut = await names.evaluateAll(
    (all) => all.filter((cell) => cell.scrollWidth > cell.clientWidth).length,
  );
  assert.equal(cut, 0, 'a rule for keys of the histogram must not hit them');
  assert.deepEqual(opened.complaints, []);
});

test('two tabs show a run from its beginning to its end, even across a restart of the server', {
  skip: noBrowser,
}, async () => {
  await using opened = await BrowserPage.open(address('/'));
  const { page } = opened;
  await page.getByText('2 of 2 runs').waitFor();
  const running = project.startRun('--force', 'slow');
  await running.output('slow', 'begun');
  await page.getByText('3 of 3 runs').waitFor();
  const { run } = await running.event('run-started');
  await page.goto(address(`/run/${run}`));
  const second = await page.context().newPage();
  await second.goto(address(`/run/${run}`));
  for (const tab of [page, second])
    await tab.locator('#pipeline .badge', { hasText: 'running' }).waitFor();
  assert.equal(await page.locator('img[src="x"]').count(), 0, 'a hostile description is text');
  const follow = (step: number) => {
    const point = { unit: 'epoch', step, total: 9, values: { loss: 1 / step } };
    const event = { type: 'stage-point', stage: 'slow', time: Date.now(), point };
    appendFileSync(project.path(`cache/runs/${run}/events.jsonl`), `${JSON.stringify(event)}\n`);
  };
  const drawn = (step: number) =>
    page.locator('#sections svg', { hasText: `after epoch ${step} of 9` }).waitFor();
  for (const step of [1, 2]) follow(step);
  await drawn(2);
  await page.evaluate(`new MutationObserver(() => {
    if (document.querySelector('#sections .vega-embed:not([hidden]) svg') === null) console.warn('blank');
  }).observe(document.getElementById('sections'), { childList: true, subtree: true })`);
  follow(3);
  await drawn(3);
  assert.deepEqual(opened.complaints, [], 'curves grow without being redrawn');
  const { port } = server;
  await server.close();
  await page.getByText('The connection to the server is lost').waitFor();
  server = await serve(port);
  await page.locator('#lost').waitFor({ state: 'hidden' });
  running.child.kill('SIGKILL');
  await running.ended;
  await page.getByText('left no record: it was killed').waitFor();
});
