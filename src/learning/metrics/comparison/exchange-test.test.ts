import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exchangeTest } from './exchange-test.ts';
import { rankExchangeTest } from './rank-exchange-test.ts';
import { signFlipTest } from './sign-flip-test.ts';

const exchanges = { draws: 2000, seed: 1 };

test('the examples of the docstrings', () => {
  const values = [1, 2, 3];
  const isAsFar = (exchanged: Uint8Array) =>
    Math.abs(values.reduce((sum, value, i) => sum + (exchanged[i] === 1 ? -value : value), 0)) >= 6;
  assert.equal(exchangeTest(3, isAsFar, exchanges), 0.25);
  const scores = [
    [1, 2, 3, 4, 5, 6],
    [6, 5, 4, 3, 2, 1],
  ] as const;
  const groups = ['a', 'b', 'c', 'a', 'b', 'c'];
  assert.equal(rankExchangeTest([0, 0, 0, 1, 1, 1], groups, scores, exchanges), 0.25);
});

test('many exchanges are drawn, and agree with all of them', () => {
  const differences = [3, -1, 2, 2, -1, 4, 1, -2, 3, 1, 2];
  const all = signFlipTest(differences, { draws: 2 ** 11, seed: 1 });
  const drawn = signFlipTest(differences, { draws: 2 ** 11 - 1, seed: 1 });
  assert.ok(all !== drawn && Math.abs(all - drawn) < 0.01, `${all} ${drawn}`);
});

test('differences of 0 exchange nothing, so that they leave a test exact', () => {
  const zeros = Array<number>(50).fill(0);
  assert.equal(signFlipTest([1, 2, 3, ...zeros], exchanges), 0.25);
  assert.equal(signFlipTest(zeros, exchanges), 1);
});

test('areas are compared by places in the rankings, so that the scale of a model does not matter', () => {
  const labels = [0, 1, 0, 1, 0, 1, 0, 1, 1, 0];
  const groups = ['a', 'a', 'b', 'b', 'c', 'c', 'd', 'd', 'e', 'e'];
  const firstScores = [1, 4, 2, 3, 0, 6, 5, 7, 9, 8];
  const secondScores = [3, 2, 6, 1, 9, 4, 0, 8, 5, 7];
  const p = rankExchangeTest(labels, groups, [firstScores, secondScores], exchanges);
  const stretched = secondScores.map((score) => 1000 * Math.exp(score));
  assert.equal(rankExchangeTest(labels, groups, [firstScores, stretched], exchanges), p);
  assert.equal(rankExchangeTest(labels, groups, [secondScores, firstScores], exchanges), p);
  assert.ok(p >= 2 / 2 ** 5);
});

test('frames that a group repeats say no more than one of them', () => {
  const labels = [0, 1, 0, 1];
  const firstScores = [1, 2, 3, 4];
  const secondScores = [2, 1, 4, 3];
  const repeat = <T>(values: readonly T[]) => values.flatMap((value) => [value, value, value]);
  const few = rankExchangeTest(
    labels,
    ['a', 'b', 'c', 'd'],
    [firstScores, secondScores],
    exchanges,
  );
  const many = rankExchangeTest(
    repeat(labels),
    repeat(['a', 'b', 'c', 'd']),
    [repeat(firstScores), repeat(secondScores)],
    exchanges,
  );
  assert.equal(many, few);
});
