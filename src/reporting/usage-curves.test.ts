import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { usageCurves } from './usage-curves.ts';

test('a run has the cores, the memory and the graphics cards of its stages by seconds', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'restage-usage-curves-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'usage.jsonl');
  const lines = [1, 2, 3].map((second) =>
    JSON.stringify({
      time: 1000 * second,
      stages: {
        fit: [second / 2, 2 ** 30, 0.5, 2 ** 31],
        load: [1, 2 ** 29, 0, 2 ** 20],
        ...(second === 1 && { short: [1, 1] }),
      },
    }),
  );
  writeFileSync(path, `${lines.join('\n')}\n`);
  const used = usageCurves(path, { startedAt: 0, isRunning: false });
  const named = used.map(({ owner, curves }) => [
    owner,
    Object.fromEntries(curves.map(({ name, points }) => [name, points.map(([, value]) => value)])),
  ]);
  assert.deepEqual(named, [
    [
      'fit',
      {
        'cores in use': [0.5, 1, 1.5],
        'memory (GiB)': [1, 1, 1],
        'graphics cards in use': [0.5, 0.5, 0.5],
        'memory of graphics cards (GiB)': [2, 2, 2],
      },
    ],
    ['load', { 'cores in use': [1, 1, 1], 'memory (GiB)': [0.5, 0.5, 0.5] }],
  ]);
});
