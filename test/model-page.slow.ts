import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import sharp, { type Sharp } from 'sharp';
import { softmax } from '../src/learning/metrics/arithmetic/logits.ts';
import { fitClassTemperature } from '../src/learning/metrics/calibration/temperature.ts';
import { parseScores } from '../src/learning/metrics/scores/scores-file.ts';
import { BrowserPage, noBrowser } from './support/browser.ts';
import { Project } from './support/rig.ts';

const yaml = `stages:
  drawn: { kind: make-faces, with: { size: 96, images: { train: 60, val: 30, test: 20 } } }
  faces: { kind: load-dataset, inputs: { images: drawn.faces } }
  fit:
    kind: train
    inputs: { dataset: faces.dataset }
    with:
      model: { layers: [{ conv: 8, stride: 2 }, batchNorm, relu, { conv: 16, stride: 2 }, relu, flatten, { dense: 2 }] }
      imageSize: 96
      epochs: 4
  scores: { kind: evaluate, inputs: { model: fit.model, dataset: faces.dataset } }
`;
const project = new Project(yaml);
after(() => project[Symbol.dispose]());
const exported = (...words: readonly string[]) => project.command('export', ...words);

/** How far the page's probability may be from that of `predict`. */
const tolerance = 0.001;

/** Writes images of every form that both must read alike. */
async function writeImages(): Promise<void> {
  mkdirSync(project.path('photos'));
  const folder = readdirSync(project.path('artifacts/test/drawn/faces'), { recursive: true })
    .map(String)
    .filter((name) => /fake.*\.(jpg|png)$/.test(name))
    .sort()[0]!;
  const drawn = sharp(project.path('artifacts/test/drawn/faces', folder));
  const face = sharp(await drawn.tint('#c08040').png().toBuffer());
  const large = await face.clone().resize(420, 300, { kernel: 'cubic' }).removeAlpha().toBuffer();
  const write = async (name: string, image: Sharp) =>
    writeFileSync(project.path('photos', name), await image.toBuffer());
  await write('png.png', face.clone().png());
  await write('jpeg.jpg', face.clone().jpeg({ quality: 90 }));
  await write('webp.webp', face.clone().webp({ quality: 90 }));
  await write('smaller.png', face.clone().resize(70, 50).png());
  await write('grey.png', face.clone().greyscale().png());
  await write('sixteen-bits.png', face.clone().toColourspace('rgb16').png());
  await write('transparent.png', face.clone().ensureAlpha(0.4).png());
  await write('rotated.jpg', face.clone().rotate(90).withMetadata({ orientation: 6 }).jpeg());
  await write('display-p3.jpg', face.clone().withIccProfile('p3').jpeg({ quality: 95 }));
  await write('reduced-png.png', sharp(large).png());
  await write('reduced-jpeg.jpg', sharp(large).jpeg({ quality: 95 }));
}

before(async () => {
  const run = await project.run();
  assert.equal(run.code, 0, run.stderr + run.stdout);
  await writeImages();
});

/** Gives the page an image; the probability of each class, by name. */
async function judge(page: BrowserPage['page'], file: string): Promise<Record<string, number>> {
  await page.setInputFiles('#file', file);
  await page.locator('#result').waitFor({ state: 'visible' });
  return await page
    .locator('#probabilities tr')
    .evaluateAll((rows) =>
      Object.fromEntries(
        rows.map((row) => [
          row.querySelector('th')!.textContent,
          Number(row.dataset['probability']),
        ]),
      ),
    );
}

test('the page of a model opens offline and gives the calibrated probabilities of predict, for files of every form', {
  skip: noBrowser,
}, async () => {
  const scores = 'artifacts/test/scores/scores.csv';
  const metrics = 'artifacts/test/scores/metrics.json';
  const made = await exported(
    'model.html',
    'test.yaml',
    'fit',
    '--page',
    '--scores',
    scores,
    '--metrics',
    metrics,
  );
  assert.equal(made.code, 0, made.stderr);
  assert.match(
    made.stdout,
    /^The page has kernels of 16 bits; .*\nmodel\.html has [\d.]+ MiB\.\nWrote the page of fit of test into model\.html\. Open it in a browser; it needs no network\.\n$/,
  );
  const predicted = await project.command('predict', 'test.yaml', 'fit', 'photos');
  assert.equal(predicted.code, 0, predicted.stderr);
  const table = parseScores(project.read('predicted/scores.csv'), { needsLabels: false });
  assert.ok(table.ok);
  const measured = parseScores(project.read(scores));
  assert.ok(measured.ok);
  const val = measured.value.rows.filter(({ split }) => split === 'val');
  const temperature = fitClassTemperature(
    val.map(({ label }) => label),
    val.flatMap((row) => row.scores),
    2,
  );

  await using opened = await BrowserPage.open(project.path('model.html'));
  const { page } = opened;
  assert.equal(await page.locator('h1').textContent(), 'fit of test');
  assert.match(
    (await page.locator('main').textContent())!,
    /holds only for images like those of its training set/,
  );
  const differences: Record<string, number> = {};
  for (const { key, scores: logits } of table.value.rows) {
    const file = readdirSync(project.path('photos')).find((name) => name.startsWith(`${key}.`))!;
    const shown = await judge(page, project.path('photos', file));
    const wanted = softmax(logits.map((logit) => logit / temperature));
    differences[file] = Math.abs(shown['fake']! - wanted[table.value.classes.indexOf('fake')]!);
  }
  assert.equal(Object.keys(differences).length, 11);
  assert.ok(Math.max(...Object.values(differences)) <= tolerance, JSON.stringify(differences));
  await page.locator('#progress').waitFor({ state: 'hidden' });
  assert.equal(await page.locator('#map').getAttribute('width'), '96');
  assert.deepEqual(opened.complaints, []);
  assert.deepEqual(opened.requests, [`file://${project.path('model.html')}`]);
});

/** Gives the page a file, and waits until it says what is wrong with it. */
async function refusal(page: BrowserPage['page'], name: string, bytes: Uint8Array | string) {
  project.write(name, '');
  writeFileSync(project.path(name), bytes);
  await page.setInputFiles('#file', project.path(name));
  // The message names the file.
  await page.locator('.wrong', { hasText: name }).waitFor();
  assert.equal(await page.locator('#result').isHidden(), true);
  return await page.locator('#state').textContent();
}

test('a page says what is wrong with a file that it cannot read, and goes on with the next', {
  skip: noBrowser,
}, async () => {
  await using opened = await BrowserPage.open(project.path('model.html'));
  const { page } = opened;
  const no = (name: string) =>
    `${name} is no image that a browser reads: expected a JPEG, PNG, WebP, GIF, AVIF or BMP.`;
  const rare = (name: string, form: string) =>
    `${name} is a ${form} file, which this browser cannot read: save it as a JPEG or PNG first.`;
  assert.equal(await refusal(page, 'notes.txt', 'no image'), no('notes.txt'));
  assert.equal(await refusal(page, 'drawing.svg', '<svg/>'), no('drawing.svg'));
  assert.equal(await refusal(page, 'nothing.jpg', ''), 'nothing.jpg is empty.');
  const heic = Buffer.from('\0\0\0\x1cftypheic\0\0\0\0mif1heic\0\0\0\0meta', 'latin1');
  assert.equal(await refusal(page, 'phone.jpg', heic), rare('phone.jpg', 'HEIC'));
  const image = sharp(project.path('photos/jpeg.jpg'));
  assert.equal(
    await refusal(page, 'scan.tif', await image.clone().tiff().toBuffer()),
    rare('scan.tif', 'TIFF'),
  );
  const whole = await image.clone().jpeg().toBuffer();
  assert.equal(
    await refusal(page, 'cut.jpg', whole.subarray(0, 300)),
    'This browser cannot read cut.jpg: the JPEG file is damaged, or has too many pixels. Save it again, and smaller.',
  );
  const shown = await judge(page, project.path('photos/png.png'));
  assert.ok(Math.abs(shown['real']! + shown['fake']! - 1) < 1e-6);
  assert.deepEqual(opened.complaints, []);
});

test('an image that is wider than any canvas is read whole, and its middle is seen', {
  skip: noBrowser,
}, async () => {
  const width = 70_000;
  const height = 60;
  const pixels = Buffer.alloc(3 * width * height, 40);
  // A band of another colour in the middle, which is all that the network sees.
  for (let row = 0; row < height; row++)
    pixels.fill(200, 3 * (row * width + width / 2 - 60), 3 * (row * width + width / 2 + 60));
  const file = project.path('panorama.png');
  await sharp(pixels, { raw: { width, height, channels: 3 } })
    .png()
    .toFile(file);
  await using opened = await BrowserPage.open(project.path('model.html'));
  const { page } = opened;
  await judge(page, file);
  assert.equal(
    await page.locator('#seen').textContent(),
    'panorama.png has 70,000 × 60 pixels; the network sees its middle, in 96 × 96 pixels.',
  );
  const seen = await page.evaluate(
    "[...document.getElementById('picture').getContext('2d').getImageData(0, 0, 96, 96).data]",
  );
  assert.deepEqual([...new Set(seen as number[])].sort(), [200, 255], 'and 255 of opacity');
  assert.deepEqual(opened.complaints, []);
});

test('a page is for one model, and a new file', async () => {
  const again = await exported('model.html', 'test.yaml', 'fit', '--page');
  assert.match(again.stderr, /model\.html is there already/);
  const without = await exported('other.html', 'test.yaml', 'fit', '--scores', 'a.csv');
  assert.match(without.stderr, /--scores, --metrics and --set need --page/);
  const licensed = await exported('other.html', 'fit', '--page', '--license', 'MIT');
  assert.match(licensed.stderr, /--license needs --rocrate, --croissant or --model-card/);
  const missing = await exported('other.html', 'test.yaml', 'fit', '--page', '--scores', 'a.csv');
  assert.match(missing.stderr, /--scores a\.csv: there is no such file/);
  assert.equal(project.has('other.html'), false);
});
