import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  allCalledBy,
  collapseKept,
  collapseOf,
  constantLoss,
  lastingCollapse,
} from './collapse.ts';
import type { SplitImages } from './splits.ts';

const of = (labels: number[], logits: number[]) =>
  allCalledBy({ labels: Int32Array.from(labels), logits: Float32Array.from(logits) }, [
    'real',
    'fake',
  ]);

test('the class that every image is called is recorded if there are both classes', () => {
  assert.equal(of([0, 1], [2, 1, 0.1, 0]), 'real');
  assert.equal(of([0, 1], [1, 2, 0, 3]), 'fake');
  assert.equal(of([0, 1], [0, 0, 0, 0]), 'real');
  assert.equal(of([0, 1], [1, 2, 3, 0]), undefined);
  assert.equal(of([1, 1], [1, 2, 1, 2]), undefined);
});

test('with four classes, one that all images are called raises a warning with the entropy of four', () => {
  const logits = Float32Array.from([0, 3, 1, 2, 1, 4, 0, 0, 2, 5, 1, 1]);
  const classes = ['ant', 'bee', 'cat', 'dog'];
  const allCalled = allCalledBy({ labels: Int32Array.of(0, 2, 3), logits }, classes)!;
  assert.equal(allCalled, 'bee');
  const values = { loss: 1.4, accuracy: 0.25, allCalled };
  const epochOf = (epoch: number) => ({
    epoch,
    learningRate: 0.1,
    running: values,
    splits: { val: values },
  });
  const epochs = [epochOf(1), epochOf(2), epochOf(3)];
  const images = { val: { ant: 10, bee: 10, cat: 10, dog: 10 } };
  const words =
    'calls every image of val bee, with a loss of 1.4000, where the best constant answer has 1.3863.';
  assert.equal(
    lastingCollapse(epochs, images),
    `After epoch 3 the network still separates nothing: it ${words}`,
  );
  assert.match(
    collapseKept({ splits: ['val'], epochs, images, chosenEpoch: 1 })!,
    /^The network learned nothing: epoch 1, /,
  );
});

test('a network that collapses at first and recovers raises no warning', () => {
  const images = { val: { real: 10, fake: 10 } };
  const epochsOf = (...collapsed: readonly boolean[]) =>
    collapsed.map((isCollapsed, i) => {
      const values = { loss: 0.7, accuracy: 0.5, ...(isCollapsed && { allCalled: 'real' }) };
      return { epoch: i + 1, learningRate: 0.1, running: values, splits: { val: values } };
    });
  assert.equal(lastingCollapse(epochsOf(true), images), undefined);
  assert.equal(lastingCollapse(epochsOf(true, true, false, true), images), undefined);
  assert.match(lastingCollapse(epochsOf(false, true, true, true), images)!, /^After epoch 4 /);
  const later = epochsOf(false, true, true, true, true);
  assert.equal(lastingCollapse(later, images), undefined, 'it is told once');
});

test('the best constant answer has the entropy of the class shares as its loss', () => {
  assert.equal(constantLoss([100, 200]).toFixed(4), '0.6365');
  assert.equal(constantLoss([3, 3]), Math.LN2);
  assert.equal(constantLoss([3, 0]), 0);
});

test('a network that calls all one class has collapsed unless its loss beats the best constant by more than chance', () => {
  const collapsed = (loss: number, images?: SplitImages, allCalled?: 'real' | 'fake') => {
    const values = { loss, accuracy: 0.6, ...(allCalled && { allCalled }) };
    const record = { epoch: 1, learningRate: 0.1, running: values, splits: { val: values } };
    return collapseOf(record, images && { val: images });
  };
  const unbalanced = { real: 100, fake: 200 };
  const few = { real: 10, fake: 20 };
  assert.equal(collapsed(0.7, unbalanced, 'fake'), 'fake');
  assert.equal(collapsed(0.6365, unbalanced, 'fake'), 'fake');
  assert.equal(collapsed(0.631, unbalanced, 'fake'), 'fake');
  assert.equal(collapsed(0.629, unbalanced, 'fake'), undefined);
  assert.equal(collapsed(0.629, few, 'fake'), 'fake');
  assert.equal(collapsed(0.629, undefined, 'fake'), 'fake');
  assert.equal(collapsed(0.7, unbalanced), undefined);
});
