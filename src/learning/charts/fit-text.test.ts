import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fitText, fittedLabels } from './fit-text.ts';
import { textWidth } from './fonts.ts';

const name = 'xception-based-fine-tuned-from-imagenet, seed';

test('a text that is too wide loses its middle: seeds stand at the end', () => {
  const fitted = (seed: number) => fitText(`${name} ${seed}`, 200, { size: 12 });
  assert.equal(fitted(1), 'xception-base…magenet, seed 1');
  assert.equal(fitted(2), 'xception-base…magenet, seed 2');
  assert.ok(textWidth(fitted(1), 12) <= 200);
  assert.equal(fitText('simple-net, seed 1', 200, { size: 12 }), 'simple-net, seed 1');
  assert.equal(fitText(name, 1, { size: 12 }), '…');
});

test('an axis names the labels that it shows shortened, and the data keeps whole names', () => {
  assert.deepEqual(fittedLabels(['a', 'b'], 200), { labelLimit: 201 });
  assert.deepEqual(fittedLabels(['a', `${name} 1`], 200), {
    labelLimit: 201,
    labelExpr: `{"${name} 1":"xception-base…magenet, seed 1"}[datum.label] || datum.label`,
  });
});
