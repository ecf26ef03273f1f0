import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { layers, memory, sequential, tensor } from '@tensorflow/tfjs';
import sharp from 'sharp';
import { writeTintedDataset } from '../../../test/support/tinted-dataset.ts';
import { writeUntrainedModel } from '../../../test/support/untrained-model.ts';
import { selectBackend } from '../../backend/select/select-backend.ts';
import { StageError } from '../../stage.ts';
import { regionNames } from '../attribution/map-regions.ts';
import { untrainedCopy } from '../models/untrained-copy.ts';
import { openSubject, type Subject } from './explanation-subject.ts';
import { measureSurvey, metricsOf } from './measure-survey.ts';
import { openMasks } from './open-masks.ts';
import { type SurveyedImage, surveySplit } from './survey-split.ts';

/** A map of a metrics file. */
type Numbers = Readonly<Record<string, unknown>>;

const folder = mkdtempSync(join(tmpdir(), 'survey-'));
const dataset = join(folder, 'dataset');
const model = join(folder, 'model');
let subject: Subject;
before(async () => {
  await selectBackend('onnxruntime', { threads: 1 });
  await writeTintedDataset(dataset, { test: 12 });
  await writeUntrainedModel(model);
  subject = await openSubject({ model, dataset }, 'test', 1);
});
after(() => rmSync(folder, { recursive: true }));

const how = { class: 'label', score: 'score', seed: 7, batchSize: 5 } as const;
const explain = {
  samples: 2,
  noise: 0.1,
  steps: 4,
  baseline: [0, 0, 0],
  layer: 'conv3',
  batchSize: 8,
} as const;
const measured = { classes: ['real', 'fake'], confidence: 0.95, draws: 200, seed: 1 } as const;

/**
 * A net for images of 56 x 56 pixels whose logits depend on 2 x 2 pixels alone, from this one on,
 * with opposite signs.
 */
function watcher(left: number, top: number) {
  const net = sequential({
    layers: [
      layers.flatten({ inputShape: [56, 56, 3] }),
      layers.dense({ units: 2, useBias: false }),
    ],
  });
  const weights = new Float32Array(56 * 56 * 3 * 2);
  for (const [y, x] of [
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ] as const) {
    const pixel = (top + y) * 56 + left + x;
    for (let i = 0; i < 6; i++) weights[6 * pixel + i] = i % 2 === 0 ? 1 : -1;
  }
  net.setWeights([tensor(weights, [56 * 56 * 3, 2])]);
  return net;
}

/** Masks of every fake of the tinted data, white on a square. */
async function masksAt(left: number, top: number, side: number): Promise<string> {
  const masks = mkdtempSync(join(folder, 'masks-'));
  const grey = Buffer.from(
    Array.from({ length: 56 * 56 }, (_, i) => {
      const y = Math.floor(i / 56);
      const x = i % 56;
      return y >= top && y < top + side && x >= left && x < left + side ? 255 : 0;
    }),
  );
  const png = await sharp(grey, { raw: { width: 56, height: 56, channels: 1 } })
    .png()
    .toBuffer();
  for (const { path, label } of subject.samples) {
    const file = join(masks, 'masks', path);
    mkdirSync(dirname(file), { recursive: true });
    if (label === 1) writeFileSync(file, png);
  }
  return masks;
}

test('a net that sees one corner has all mass of its maps there, and wins the pointing game only where the mask is', async () => {
  const run = async (left: number) => {
    const [masks] = openMasks([subject], [await masksAt(left, 4, 2)]);
    const survey = await surveySplit(
      { ...subject, model: watcher(4, 4) },
      { methods: ['gradient'], explain, how, masks },
    );
    return { survey, numbers: metricsOf(measureSurvey(survey, measured))['gradient'] as Numbers };
  };
  const hit = await run(4);
  const miss = await run(40);

  assert.deepEqual([...hit.survey.maps[0]!.topShares], new Array(12).fill(1));
  const { values } = hit.survey.maps[0]!.means[1]!;
  assert.deepEqual([values[4 * 56 + 4], values[5 * 56 + 5], values[6 * 56 + 4]], [1, 1, 0]);
  const scores = ({ masks }: Numbers) => {
    const { images, pointingGame, pointingGameByChance, intersectionOverUnion } = masks as Numbers;
    return { images, pointingGame, pointingGameByChance, intersectionOverUnion };
  };
  assert.deepEqual(scores(hit.numbers), {
    images: 6,
    pointingGame: 1,
    intersectionOverUnion: 1,
    pointingGameByChance: 4 / 56 ** 2,
  });
  assert.deepEqual(scores(miss.numbers), {
    ...scores(hit.numbers),
    pointingGame: 0,
    intersectionOverUnion: 0,
  });
});

test('each image is passed on once with its maps, and nothing depends on the batches', async () => {
  const look = async (batchSize: number) => {
    const seen: SurveyedImage[] = [];
    const counts: number[] = [];
    const survey = await surveySplit(subject, {
      methods: ['gradient', 'grad-cam'],
      explain,
      how: { ...how, batchSize },
      onImage: (image) => void seen.push(image),
      onBatch: (images) => counts.push(images),
    });
    return { survey, seen, counts };
  };
  const some = await look(5);
  const all = await look(12);

  assert.deepEqual(some.counts, [5, 5, 2]);
  assert.deepEqual(
    some.seen.map(({ index, position, maps }) => [
      index,
      position,
      ...maps.map(({ width }) => width),
    ]),
    Array.from({ length: 12 }, (_, i) => [i, i, 56, 3]),
  );
  for (const [i, maps] of some.survey.maps.entries()) {
    const mapsOfAll = all.survey.maps[i]!;
    const far = maps.coarse.map((value, at) => Math.abs(value - mapsOfAll.coarse[at]!));
    assert.ok(Math.max(...far) < 1e-4);
  }
});

test('a survey keeps a kilobyte of each image and method, and no tensors', async () => {
  const options = { methods: ['gradient', 'grad-cam'], explain, how } as const;
  await surveySplit(subject, options); // what the backend keeps from the first time on
  const before = memory().numTensors;
  const { maps } = await surveySplit(subject, options);

  assert.equal(memory().numTensors, before);
  for (const { coarse, topShares } of maps) {
    assert.deepEqual([coarse.byteLength, topShares.byteLength], [12 * 1024, 12 * 8]);
  }
});

test('selected images are surveyed in the requested order', async () => {
  const { indices, labels } = await surveySplit(subject, {
    methods: ['gradient'],
    explain,
    how: { ...how, indices: Uint32Array.of(7, 2, 4) },
  });
  assert.deepEqual(
    [[...indices], Array.from(labels)],
    [
      [7, 2, 4],
      [1, 0, 0],
    ],
  );
});

test('a net that gives every image the same scores has maps of zeros, which are counted, and no number is NaN', async () => {
  const blind = watcher(0, 0);
  blind.setWeights([tensor(new Float32Array(56 * 56 * 6), [56 * 56 * 3, 2])]);
  const survey = await surveySplit(
    { ...subject, model: blind },
    { methods: ['gradient'], explain, how },
  );
  const { real, distance } = metricsOf(measureSurvey(survey, measured))['gradient'] as Numbers;

  assert.deepEqual(survey.maps[0]!.constant, [6, 6]);
  assert.ok(survey.maps[0]!.means.every((mean) => mean!.values.every((value) => value === 0)));
  const nowhere = Object.fromEntries(regionNames.map((name) => [name, null]));
  assert.deepEqual(real, {
    topShare: null,
    meanMapTopShare: null,
    regions: { ...nowhere, intervals: nowhere },
    halfMassArea: null,
    constantMaps: 6,
    intervals: { topShare: null, meanMapTopShare: null, halfMassArea: null },
  });
  assert.equal(distance, null);
});

test('a net is compared with an untrained one by image, on the same draws', async () => {
  const untrained = await untrainedCopy(subject.model, 3);
  const options = { methods: ['gradient'], explain, how } as const;
  const trainedSurvey = await surveySplit(subject, options);
  const untrainedSurvey = await surveySplit({ ...subject, model: untrained }, options);
  const {
    real,
    untrained: alone,
    aboveUntrained,
  } = metricsOf(measureSurvey(trainedSurvey, measured, untrainedSurvey))['gradient'] as Numbers;
  const share = (numbers: unknown) => (numbers as { topShare: number }).topShare;
  const trainedShare = share(real);
  const untrainedShare = share((alone as Numbers)['real']);
  const { topShare, intervals } = (aboveUntrained as Numbers)['real'] as {
    topShare: number;
    intervals: Numbers;
  };

  assert.ok(Math.abs(topShare - (trainedShare - untrainedShare)) < 1e-12);
  const [low, high] = intervals['topShare'] as [number, number];
  assert.ok(low <= topShare && topShare <= high);
  const itself = metricsOf(measureSurvey(trainedSurvey, measured, trainedSurvey))['gradient'] as {
    aboveUntrained: { distance: number };
  };
  assert.equal(itself.aboveUntrained.distance, 0);
});

test('masks of another data set or size, and masks that are no picture, are reported', async () => {
  const empty = mkdtempSync(join(folder, 'empty-'));
  assert.throws(
    () => openMasks([subject], [empty]),
    new StageError(
      'Expected masks of images of this split in the input "masks", such as masks/test/1.png of test/1.png, got none. Connect the folder that the images were loaded from, such as the output "faces" of make-faces.',
    ),
  );
  const masks = await masksAt(0, 0, 9);
  const file = join(masks, 'masks/test/3.png');
  const read = () => openMasks([subject], [masks])[0]!.read(subject.samples[3]!);
  writeFileSync(file, 'no picture');
  await assert.rejects(
    read,
    /^StageError: The mask masks\/test\/3\.png cannot be decoded: Input buffer/,
  );
  await sharp({ create: { width: 9, height: 9, channels: 3, background: '#fff' } }).toFile(file);
  await assert.rejects(
    read,
    new StageError(
      'Expected the mask masks/test/3.png to be of the size of its image, 56 x 56, got 9 x 9.',
    ),
  );
});
