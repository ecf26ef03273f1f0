import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import sharp from 'sharp';
import { chartContent } from '../../../test/support/chart-content.ts';
import { writeUntrainedModel } from '../../../test/support/untrained-model.ts';
import { selectBackend } from '../../backend/select/select-backend.ts';
import { StageError } from '../../stage.ts';
import { explainPictures, type Picture } from './explain-pictures.ts';
import { explanationDefaults } from './explanation-settings.ts';
import { type ImageModel, openImageModel } from './image-model.ts';
import { pictureSheet } from './picture-sheet.ts';

const folder = mkdtempSync(join(tmpdir(), 'pictures-'));
after(() => rmSync(folder, { recursive: true }));
let model: ImageModel;
let pictures: readonly Picture[];
before(async () => {
  await selectBackend('onnxruntime', { threads: 1 });
  await writeUntrainedModel(folder);
  model = await openImageModel(folder);
  pictures = await Promise.all([picture('photos/ada.png', 90, 70), picture('eve.png', 56, 56)]);
});

async function picture(name: string, width: number, height: number): Promise<Picture> {
  const pixels = Uint8Array.from(
    { length: 3 * width * height },
    (_, i) => (37 * i + name.length) % 256,
  );
  return {
    name,
    bytes: await sharp(pixels, { raw: { width, height, channels: 3 } })
      .png()
      .toBuffer(),
  };
}

const settings = {
  ...explanationDefaults(),
  methods: ['gradient', 'grad-cam'],
  class: 'predicted',
} as const;

test('pictures of any size are scored, and explained for their predicted class, the same alone as together', async () => {
  const together = await explainPictures(model, pictures, settings);
  assert.equal(together.layer, 'conv3');
  for (const [i, result] of together.pictures.entries()) {
    const { scores, probabilities, called, explained, maps, seen } = result;
    assert.equal(called, scores[1]! > scores[0]! ? 1 : 0);
    assert.equal(explained, called);
    assert.ok(
      Math.abs(Math.log(probabilities[1]! / probabilities[0]!) - (scores[1]! - scores[0]!)) < 1e-9,
    );
    assert.deepEqual(
      [seen.width, seen.height, maps[0]!.width, maps[1]!.width < 56],
      [56, 56, 56, true],
    );
    const alone = await explainPictures(model, [pictures[i]!], settings);
    assert.ok(Math.abs(alone.pictures[0]!.scores[0]! - scores[0]!) < 1e-5);
  }
  const ofReal = await explainPictures(model, pictures, {
    ...settings,
    class: 'real',
    methods: ['gradient'],
  });
  assert.deepEqual(
    ofReal.pictures.map(({ explained }) => explained),
    [0, 0],
  );
  assert.equal(ofReal.layer, undefined);
});

test('all pictures that cannot be explained are reported at once, and so is a class that the model does not have', async () => {
  const broken = { name: 'notes.txt', bytes: Buffer.from('no image') };
  await assert.rejects(
    explainPictures(model, [...pictures, broken, await picture('tiny.png', 6, 20)], settings),
    new StageError(
      'Expected an image, but notes.txt cannot be read as one: Input buffer contains unsupported image format\n' +
        'Expected images of at least 7 × 7 pixels, an eighth of the 56 × 56 that the network sees, got 6 × 20: tiny.png. A map would mostly show how the image was enlarged.',
    ),
  );
  await assert.rejects(
    explainPictures(model, pictures, { ...settings, class: 'label' }),
    new StageError(
      'Expected a class of the model (real, fake), or predicted, got "label". Known: real, fake, predicted.',
    ),
  );
});

test('the sheet has a column for the pictures and one for each method, and says what it shows', async () => {
  const explained = await explainPictures(model, pictures, settings);
  const empty = explained.pictures.map((result) => ({
    ...result,
    maps: result.maps.map((map) => ({ ...map, values: new Float32Array(map.values.length) })),
  }));
  const options = {
    title: 'fit',
    classes: ['real', 'fake'],
    methods: settings.methods,
    score: 'score',
    colours: 'viridis',
  } as const;
  const sheet = await pictureSheet({ ...explained, pictures: empty.slice(0, 1) }, options);
  const { data, title } = chartContent<{
    data: { values: readonly { caption: string }[] };
    title: { text: string[] };
  }>(sheet);
  const called = options.classes[empty[0]!.called];
  assert.match(title.text.join(' '), new RegExp(`^fit calls ada\\.png ${called}, \\d+\\.\\d %$`));
  const captions = data.values.map(({ caption }) => caption);
  assert.match(
    captions[0]!,
    /^ada\.png\n\w+ \d+\.\d % \(−?\d\.\d\d\)\n\w+ \d+\.\d % \(−?\d\.\d\d\)$/,
  );
  assert.deepEqual(captions.slice(1), [
    `for ${called}\nzero everywhere`,
    `for ${called}\nzero everywhere`,
  ]);
});
