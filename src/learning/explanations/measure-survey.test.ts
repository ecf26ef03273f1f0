import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../random.ts';
import { topShare } from '../attribution/map-measures.ts';
import { halfMassArea, regionShares } from '../attribution/map-regions.ts';
import { measureSurvey, metricsOf } from './measure-survey.ts';
import type { Survey } from './survey-split.ts';

/** A map of a metrics file. */
type Numbers = Readonly<Record<string, unknown>>;

const images = 24;
const cells = 100;

/** Maps of noise, those of fakes with one bright cell in the corner where `corner` is above 0. */
function surveyOf(corner: number, seed = 1): Survey {
  const random = new Random('maps', seed);
  const labels = Uint8Array.from({ length: images }, (_, i) => i % 2);
  const coarse = Float32Array.from({ length: images * cells }, (_, i) => {
    const isCorner = i % cells < 10 && labels[Math.floor(i / cells)] === 1;
    return random.float() ** 4 + (isCorner ? corner : 0);
  });
  const maps = Array.from({ length: images }, (_, i) =>
    coarse.subarray(i * cells, (i + 1) * cells),
  );
  return {
    indices: Uint32Array.from(labels.keys()),
    labels,
    explained: labels,
    logits: new Float64Array(2 * images),
    maps: [
      {
        method: 'gradient',
        coarse,
        cells,
        means: [undefined, undefined],
        constant: [0, 0],
        topShares: Float64Array.from(maps, (map) => topShare(map)),
        regions: Float64Array.from(
          maps.flatMap((map) => [...regionShares(map, { height: 10, width: 10 })]),
        ),
        areas: Float64Array.from(maps, (map) => halfMassArea(map)),
      },
    ],
  };
}

const numbersOf = (corner: number, untrained?: Survey) =>
  metricsOf(
    measureSurvey(
      surveyOf(corner),
      { classes: ['real', 'fake'], confidence: 0.95, draws: 300, seed: 7 },
      untrained,
    ),
  )['gradient'] as Numbers;
const intervalsOf = (numbers: unknown) => (numbers as { intervals: Numbers }).intervals;

test('numbers of mean maps have no interval, since chance increases them, and means over images have one', () => {
  const apart = numbersOf(1, surveyOf(0, 2));
  const { untrained, aboveUntrained } = apart as Record<string, Numbers>;
  for (const numbers of [apart, untrained, aboveUntrained] as Numbers[]) {
    const fake = intervalsOf(numbers['fake']);
    assert.deepEqual([intervalsOf(numbers)['distance'], fake['meanMapTopShare']], [null, null]);
    assert.ok(Array.isArray(intervalsOf(numbers)['topShare']) && Array.isArray(fake['topShare']));
  }
});

test('whether two mean maps differ is tested by shuffled labels', () => {
  const alike = numbersOf(0);
  const apart = numbersOf(1);
  assert.ok((alike['distanceP'] as number) > 0.05 && (apart['distanceP'] as number) < 0.05);
  assert.ok((apart['distance'] as number) > (alike['distance'] as number));
});

test('maps of fakes with a bright top edge lie in the upper thirds, more than those of an untrained network', () => {
  const { real, fake, aboveUntrained } = numbersOf(1, surveyOf(0, 2)) as Record<string, Numbers>;
  const top = (numbers: unknown) => {
    const { topLeft, top, topRight } = (numbers as { regions: Record<string, number> }).regions;
    return topLeft! + top! + topRight!;
  };
  assert.ok(top(fake) > 0.5 && Math.abs(top(real) - 0.3) < 0.05);
  assert.ok((fake!['halfMassArea'] as number) < (real!['halfMassArea'] as number));
  const ofFake = aboveUntrained!['fake'] as Numbers;
  const [low] = intervalsOf(ofFake['regions'])['top'] as [number, number];
  assert.ok(low > 0, 'the untrained maps have no such edge');
});

test('over the images of both classes the share is the mean of all', () => {
  const numbers = numbersOf(1);
  const shareOf = (numbers: unknown) => (numbers as Numbers)['topShare'] as number;
  const meanOfClasses = (shareOf(numbers['real']) + shareOf(numbers['fake'])) / 2;
  assert.ok(Math.abs(shareOf(numbers) - meanOfClasses) < 1e-12);
});

test('whether a network is near chance follows from its predictions and their number, and is undecided for one class', () => {
  const survey = surveyOf(0);
  const isNearChance = (right: number, labels = survey.labels) => {
    const called = Array.from(labels, (label, i) => (i < right ? label : 1 - label));
    const logits = Float64Array.from(called.flatMap((fake) => [0, fake]));
    return measureSurvey(
      { ...survey, labels, logits },
      { classes: ['real', 'fake'], confidence: 0.95, draws: 0, seed: 7 },
    ).isNearChance;
  };
  assert.deepEqual(
    [0, 12, 14, 15, 24].map((right) => isNearChance(right)),
    [true, true, true, false, false],
  );
  assert.equal(isNearChance(0, new Uint8Array(images)), false);
});

test('every pair of three classes has a distance, and numbers have the names of the classes', () => {
  const two = surveyOf(1);
  const labels = Uint8Array.from(two.labels, (label, i) => (label === 1 ? 2 : Number(i % 4 !== 0)));
  // The model calls every image the third class.
  const logits = Float64Array.from({ length: 3 * images }, (_, i) => (i % 3 === 2 ? 1 : 0));
  const maps = two.maps.map((of) => ({ ...of, constant: [0, 0, 0] }));
  const options = { classes: ['cat', 'dog', 'e.g.'], confidence: 0.95, draws: 50, seed: 7 };
  const measured = measureSurvey({ ...two, labels, logits, maps }, options);
  assert.equal(measured.accuracy, 0.5);
  const { gradient, classes } = metricsOf(measured) as { gradient: Numbers; classes: Numbers };
  assert.deepEqual(classes, { cat: 6, dog: 6, e_g_: 12 });
  const { cat, dog } = gradient['distances'] as Record<string, Record<string, number>>;
  assert.ok(cat!['e_g_']! > cat!['dog']!, 'the maps of the third class differ most');
  const mean = (cat!['dog']! + cat!['e_g_']! + dog!['e_g_']!) / 3;
  assert.ok(Math.abs((gradient['distance'] as number) - mean) < 1e-12);
  assert.ok((gradient['distanceP'] as number) < 0.05);
});
