import assert from 'node:assert/strict';
import { test } from 'node:test';
import { grad, setBackend, type Tensor, tensor } from '@tensorflow/tfjs';
import { softmax } from '../../metrics/arithmetic/logits.ts';
import { explainedScore, scoreOf } from './explained-score.ts';

const rows = [
  [0.5, -1, 2],
  [3, 0.2, -0.4],
];
const classes = Int32Array.of(1, 0);

test('the margin over two other classes is the logit of the probability, and its gradient that of finite differences', async () => {
  await setBackend('cpu');
  const question = { classes, score: 'margin' as const };
  const sum = (logits: readonly (readonly number[])[]) =>
    logits.reduce(
      (total, row, i) => total + scoreOf(Float32Array.from(row), classes[i]!, question.score),
      0,
    );
  const odds = rows.map((row, i) => softmax(row)[classes[i]!]!).map((p) => Math.log(p / (1 - p)));
  assert.ok(Math.abs(sum(rows) - (odds[0]! + odds[1]!)) < 1e-6);
  const logits = tensor(rows.flat(), [2, 3]);
  assert.ok(Math.abs((await explainedScore(logits, question).data())[0]! - sum(rows)) < 1e-5);
  const gradient = await (
    grad((x: Tensor) => explainedScore(x, question))(logits) as Tensor
  ).data();
  for (const [position, value] of gradient.entries()) {
    const moved = (step: number) =>
      rows.map((row, i) => row.map((z, c) => (3 * i + c === position ? z + step : z)));
    assert.ok(
      Math.abs((sum(moved(0.01)) - sum(moved(-0.01))) / 0.02 - value) < 1e-3,
      `${position}`,
    );
  }
});

test('the margin of two classes is the difference of their scores', () => {
  assert.equal(scoreOf(Float32Array.of(1, 3), 0, 'margin'), -2);
  assert.equal(scoreOf(Float32Array.of(1, 3), 1, 'score'), 3);
});
