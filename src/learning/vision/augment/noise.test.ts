import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../random.ts';
import { noise } from './noise.ts';

test('noise is normal, of the deviation that was asked for, and alike in every channel', async () => {
  const grey = { width: 101, height: 99, pixels: new Uint8Array(101 * 99 * 3).fill(128) };
  const { pixels } = await noise(grey, { probability: 1, deviation: [10, 10] }, new Random(3));
  for (const channel of [0, 1, 2]) {
    const values = [...pixels].filter((_, i) => i % 3 === channel).map((value) => (value - 128) / 10);
    const moment = (power: number) => values.reduce((sum, value) => sum + value ** power, 0) / values.length;
    assert.ok(Math.abs(moment(1)) < 0.04);
    assert.ok(Math.abs(moment(2) - 1) < 0.06);
    assert.ok(Math.abs(moment(4) - 3) < 0.4);
  }
});
