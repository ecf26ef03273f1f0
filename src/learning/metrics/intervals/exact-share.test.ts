import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exactShare } from './exact-share.ts';

// scipy.stats.binomtest(k, n).proportion_ci(level, method='exact'), SciPy 1.15.3
const expected = [
  [12, 12, 0.95, 0.7353515306, 1],
  [0, 13, 0.95, 0, 0.247052638],
  [1, 6, 0.95, 0.0042107445, 0.641234579],
  [7, 20, 0.9, 0.1773109176, 0.5580345113],
  [180, 400, 0.99, 0.3856017691, 0.5156120538],
] as const;

test('exact intervals of shares are SciPy’s', () => {
  for (const [successes, trials, level, low, high] of expected) {
    const interval = exactShare(successes, trials, level);
    assert.ok(Math.abs(interval.low - low) < 1e-8, `${successes} of ${trials}: ${interval.low}`);
    assert.ok(Math.abs(interval.high - high) < 1e-8, `${successes} of ${trials}: ${interval.high}`);
  }
});
