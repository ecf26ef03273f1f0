import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { partialValue } from '../../../test/support/partial-value.ts';
import type { Stage, StageName } from '../../engine/config/pipeline.ts';
import { leftOutWarning, readNumbers } from './read-numbers.ts';

test('a warning counts the numbers that a record leaves out', () => {
  const root = mkdtempSync(join(tmpdir(), 'restage-numbers-'));
  try {
    const numbers = Array.from({ length: 420 }, (_, i) => [`n${i}`, i] as const);
    writeFileSync(join(root, 'metrics.json'), JSON.stringify(Object.fromEntries(numbers)));
    const stage = partialValue<Stage>({
      outputs: [{ port: 'metrics', type: 'metrics', path: 'metrics.json' }],
    });
    const { metrics, numbersLeftOut } = readNumbers(stage, root);
    assert.deepEqual([Object.keys(metrics!).length, numbersLeftOut], [400, 20]);
    const warning = leftOutWarning(new Map([['scores' as StageName, numbersLeftOut!]]));
    assert.equal(
      warning,
      'The history keeps at most 400 numbers per stage; the last 20 of scores are left out: `restage history` does not find them, the metrics file has all',
    );
    assert.equal(leftOutWarning(new Map()), undefined);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});
