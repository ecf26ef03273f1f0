import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertClose, golden } from '../intervals/testing-intervals.ts';
import { mcnemar } from './mcnemar.ts';

test('the example of the docstring', () => {
  const { p, method } = mcnemar(3, 9);
  assert.deepEqual([p.toFixed(3), method], ['0.146', 'exact']);
});

test('p-values are SciPy’s: of the binomial distribution for few differing answers, of chi-square for many', () => {
  for (const [onlyOne, onlyOther, p] of golden.mcnemar)
    assertClose([mcnemar(onlyOne, onlyOther).p], [p]);
  assert.deepEqual([mcnemar(12, 12).method, mcnemar(12, 13).method], ['exact', 'chi-square']);
});
