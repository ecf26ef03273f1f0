import assert from 'node:assert/strict';
import { test } from 'node:test';
import { measureSurvey } from '../../src/learning/explanations/measure-survey.ts';
import { shareAt } from '../../src/learning/explanations/measured-texts.ts';
import type { Survey } from '../../src/learning/explanations/survey-split.ts';
import { leadOf, leadTable } from './lead.ts';
import { spec } from './spec.ts';
import { casesTable } from './tables.ts';

const options = { classes: ['real', 'fake'], confidence: 0.95, draws: 400, seed: 7 };
const settings = spec.settings.parse({});
const unknown = Number.NaN;

/**
 * A model whose maps have these top shares, of real and fake images in turn; NaN: zero everywhere.
 */
function caseOf(name: string, shares: readonly number[], dataset = 'faces') {
  const labels = Uint8Array.from(shares, (_, i) => i % 2);
  const constant = [0, 1].map(
    (label) => shares.filter((share, i) => i % 2 === label && Number.isNaN(share)).length,
  );
  const survey: Survey = {
    indices: Uint32Array.from(labels.keys()),
    labels,
    explained: labels,
    logits: new Float64Array(2 * shares.length),
    maps: [
      {
        method: 'grad-cam',
        topShares: Float64Array.from(shares),
        regions: new Float64Array(9 * shares.length),
        areas: Float64Array.from(shares),
        means: [undefined, undefined],
        constant,
        coarse: Float32Array.from(shares, (share) => share || 0),
        cells: 1,
      },
    ],
  };
  const measured = measureSurvey(survey, options);
  const subject = { classes: options.classes };
  return {
    name,
    dataset,
    layer: 'conv',
    subject,
    survey,
    measured,
    groups: shares.map(() => undefined),
  };
}

const broad = caseOf('broad', [0.3, 0.32, 0.31, 0.29, 0.33, 0.3, 0.28, 0.31]);
const narrow = caseOf('narrow', [0.5, unknown, 0.52, 0.49, 0.55, 0.5, 0.51, 0.5]);

test('a row has a share of each class with its interval, and of how many maps it is the mean', () => {
  const { columns, rows } = casesTable([narrow, broad], settings);
  assert.deepEqual(columns.slice(3, 6), ['at most', 'real', 'fake']);
  const [row] = rows;
  assert.deepEqual(row!.slice(0, 3), ['narrow', 'Grad-CAM', 'conv']);
  assert.match(String(row![4]), /^52\.0 % \([\d.–]+ %\)$/);
  assert.match(String(row![5]), /^49\.7 % \([\d.–]+ %\), 3 of 4 maps$/);
});

test('models are compared on the images of which both have a map', () => {
  const lead = leadOf([narrow, broad], options)!;
  assert.equal(lead.images, 7);
  const [row] = leadTable(lead, settings).rows;
  assert.deepEqual(row!.slice(0, 4), ['narrow', 'broad', 7, '+20.7 points']);
  assert.match(String(row![4]), /^\+[\d.]+ points to \+[\d.]+ points$/);
});

test('a difference that may be chance has an interval around zero, and models of other images have none', () => {
  const other = caseOf('other', [0.31, 0.3, 0.32, 0.3, 0.31, 0.32, 0.29, 0.3]);
  const { low, high } = leadOf([broad, other], options)!.topShare;
  assert.ok(low < 0 && high > 0);
  const elsewhere = { ...narrow, dataset: 'others' };
  assert.deepEqual(leadTable(leadOf([broad, elsewhere], options)!, settings).rows, [
    ['narrow', 'broad', 0, '–', 'unknown'],
  ]);
  assert.equal(leadOf([broad], options), undefined);
});

test('a class of one map has no interval', () => {
  const lone = caseOf('lone', [0.5, 0.86, 0.4, unknown, 0.45, unknown]);
  assert.equal(shareAt(lone.measured.methods.get('grad-cam')!, 'fake.topShare'), '86.0 %');
});
