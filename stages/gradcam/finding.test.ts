import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mapMetrics } from '../../src/learning/explanations/map-metrics.ts';
import type { Survey } from '../../src/learning/explanations/survey-split.ts';
import { type FoundCase, findingOf, leadOf, leadText } from './finding.ts';

const options = { confidence: 0.95, draws: 400, seed: 7 };
const unknown = Number.NaN;

/** A model whose maps hold these shares, of real and fake images in turn; NaN: zero everywhere. */
function caseOf(name: string, shares: readonly number[], dataset = 'faces'): FoundCase {
  const labels = Uint8Array.from(shares, (_, i) => i % 2);
  const constant = [0, 1].map((label) => shares.filter((share, i) => i % 2 === label && Number.isNaN(share)).length);
  const survey: Survey = {
    ...{
      indices: Uint32Array.from(labels.keys()),
      labels,
      explained: labels,
      logits: new Float64Array(2 * shares.length),
    },
    maps: [
      {
        ...{ method: 'grad-cam', topShares: Float64Array.from(shares), means: [undefined, undefined], constant },
        ...{ coarse: Float32Array.from(shares, (share) => share || 0), cells: 1 },
      },
    ],
  };
  return { name, dataset, survey, numbers: mapMetrics(survey, options), groups: undefined };
}

const broad = caseOf('broad', [0.3, 0.32, 0.31, 0.29, 0.33, 0.3, 0.28, 0.31]);
const narrow = caseOf('narrow', [0.5, unknown, 0.52, 0.49, 0.55, 0.5, 0.51, 0.5]);

test('the title has intervals, and of how many maps a mean is', () => {
  const text = findingOf([narrow, broad]);
  assert.match(text, /hold from 30\.5 % \([\d.–]+ %; broad\) to 51\.0 % \([\d.–]+ %; narrow, 7 of 8 maps\) of a map$/);
});

test('models are compared by the images that both have a map of', () => {
  const lead = leadOf([narrow, broad], options)!;
  assert.equal(lead.images, 7);
  assert.match(
    leadText(lead),
    /^On the 7 images with a map by both, those of narrow hold \+20\.7 points \(\+[\d.]+ to \+[\d.]+\) against broad\.$/,
  );
});

test('what may be chance is said not to tell models apart, and so of images that are not shared', () => {
  const other = caseOf('other', [0.31, 0.3, 0.32, 0.3, 0.31, 0.32, 0.29, 0.3]);
  assert.match(leadText(leadOf([broad, other], options)!), /against broad, which does not tell them apart\.$/);
  const elsewhere = { ...narrow, dataset: 'others' };
  assert.equal(
    leadText(leadOf([broad, elsewhere], options)!),
    "No image has a map by both narrow and broad, so the difference may be the images'.",
  );
  assert.equal(leadOf([broad], options), undefined);
});

test('a class of one map has no interval', () => {
  const lone = caseOf('lone', [0.5, 0.86, 0.4, unknown, 0.45, unknown]);
  assert.equal(
    (lone.numbers['grad-cam'] as never as { fake: { intervals: { topShare: null } } }).fake.intervals.topShare,
    null,
  );
});
