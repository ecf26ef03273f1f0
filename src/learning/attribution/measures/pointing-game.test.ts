import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pointingGame } from './pointing-game.ts';

test('the example of the docstring', () => {
  assert.equal(pointingGame(Float32Array.of(0, 3, 3, 1), Uint8Array.of(1, 1, 0, 0)), 0.5);
});

test('it is won inside, lost outside, and by chance where nothing stands out', () => {
  const mask = Uint8Array.of(0, 0, 0, 1);
  assert.equal(pointingGame(Float32Array.of(1, 2, 3, 4), mask), 1);
  assert.equal(pointingGame(Float32Array.of(4, 3, 2, 1), mask), 0);
  assert.equal(pointingGame(new Float32Array(4), mask), 0.25);
});
