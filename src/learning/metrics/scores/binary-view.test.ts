import assert from 'node:assert/strict';
import { test } from 'node:test';
import { logSumOf } from '../arithmetic/logits.ts';
import { binaryView } from './binary-view.ts';
import type { ScoreTable } from './scores-file.ts';

const names = ['real', 'Deepfakes', 'FaceSwap', 'NeuralTextures'];
const classOf = (label: number) => (label === 0 ? 'real' : 'fake');
const table: ScoreTable = {
  classes: names.slice(0, 3),
  names,
  rows: names.map((_, label) => ({
    key: `${label}`,
    split: 'test',
    label,
    class: classOf(label),
    scores: [1, Math.log(2), Math.log(3)],
  })),
};

test('two classes pass through unchanged, and the first is positive where it is named', () => {
  const pair: ScoreTable = {
    classes: ['cat', 'dog'],
    names: ['cat', 'dog'],
    rows: [{ key: 'a', split: 'test', label: 1, scores: [0.1, 1e-17], group: 'g' }],
  };
  const row = { key: 'a', split: 'test', group: 'g' };
  assert.deepEqual(binaryView(pair), {
    ok: true,
    value: { names: ['cat', 'dog'], rows: [{ ...row, label: 1, negative: 0.1, positive: 1e-17 }] },
  });
  assert.deepEqual(binaryView(pair, ['cat']), {
    ok: true,
    value: { names: ['dog', 'cat'], rows: [{ ...row, label: 0, negative: 1e-17, positive: 0.1 }] },
  });
});

test('several classes of a side are joined, by labels or by the class of sources, of which an unknown one counts too', () => {
  for (const positive of [['fake'], ['Deepfakes', 'FaceSwap', 'NeuralTextures']]) {
    const view = binaryView(table, positive);
    assert.ok(view.ok);
    assert.deepEqual(view.value.names, ['real', 'fake']);
    assert.deepEqual(
      view.value.rows.map(({ label }) => label),
      [0, 1, 1, 1],
    );
    for (const { negative, positive } of view.value.rows) {
      assert.equal(negative, 1);
      assert.ok(Math.abs(positive - Math.log(5)) < 1e-15);
    }
  }
});

test('probabilities are summed', () => {
  const rows = table.rows.map((row) => ({ ...row, scores: [0.25, 0.5, 0.25] }));
  const view = binaryView({ ...table, rows }, ['fake']);
  assert.deepEqual(view.ok && view.value.rows[0], {
    key: '0',
    split: 'test',
    label: 0,
    negative: 0.25,
    positive: 0.75,
  });
});

test('a wrong choice of the positive side is reported', () => {
  const errorOf = (positive?: readonly string[]) => {
    const view = binaryView(table, positive);
    return view.ok ? '' : view.error;
  };
  assert.equal(
    errorOf(),
    'expected "positive" to say which of the classes real, Deepfakes, FaceSwap count as positive, as in positive: [Deepfakes, FaceSwap]',
  );
  assert.match(
    errorOf(['Deepfake']),
    /^expected classes as positive, got "Deepfake"\. Did you mean "Deepfakes"\?/,
  );
  assert.equal(
    errorOf(['NeuralTextures']),
    'expected some of the classes real, Deepfakes, FaceSwap as positive and some not, got none of them',
  );
});

test('a sum of powers neither overflows nor vanishes', () => {
  assert.equal(logSumOf([1e4]), 1e4);
  assert.equal(logSumOf([1e4, -1e4]), 1e4);
  assert.equal(logSumOf([-1e4, -1e4]), -1e4 + Math.LN2);
});

const pairOf = (labels: readonly (readonly [label: string, of?: string])[]): ScoreTable => {
  const known = ['real', 'Deepfakes'];
  const all = [...new Set([...known, ...labels.map(([label]) => label)])];
  return {
    classes: known,
    names: all,
    rows: labels.map(([name, of], i) => ({
      key: `${i}`,
      split: 'test',
      label: all.indexOf(name),
      scores: [0, i],
      ...(of !== undefined && { class: of }),
    })),
  };
};

test('a source that a model of two sources never saw is on the side of its class, whether or not that is named', () => {
  const sources = pairOf([
    ['real', 'real'],
    ['Deepfakes', 'fake'],
    ['FaceSwap', 'fake'],
    ['camera', 'real'],
  ]);
  const view = binaryView(sources);
  assert.deepEqual(view, binaryView(sources, ['fake']));
  assert.deepEqual(view.ok && [view.value.names, view.value.rows.map(({ label }) => label)], [
    ['real', 'fake'],
    [0, 1, 1, 0],
  ]);
});

test('a label beside the two classes has no side until one is named', () => {
  const labels = pairOf([['real'], ['Deepfakes'], ['FaceSwap']]);
  assert.deepEqual(binaryView(labels), {
    ok: false,
    error:
      'expected "positive" to say which of the classes real, Deepfakes count as positive, as in positive: [Deepfakes], since "FaceSwap" is ' +
      'neither of them and counts as negative unless named',
  });
  const view = binaryView(labels, ['Deepfakes']);
  assert.deepEqual(view.ok && view.value.rows.map(({ label }) => label), [0, 1, 0]);
});

test('a side has the name of a class only where the other side has none of its labels', () => {
  const view = binaryView(table, ['Deepfakes']);
  assert.deepEqual(view.ok && view.value.names, ['negative', 'Deepfakes']);
});
