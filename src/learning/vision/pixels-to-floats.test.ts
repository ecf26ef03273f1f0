import assert from 'node:assert/strict';
import { test } from 'node:test';
import { normalizationTable, pixelsToFloats } from './pixels-to-floats.ts';

test('each channel is normalised by its own mean and deviation', () => {
  const normalization = { mean: [0.5, 0.25, 0.1], deviation: [0.5, 0.5, 0.2] } as const;
  const floats = new Float32Array(6);
  pixelsToFloats(Uint8Array.of(0, 0, 0, 255, 255, 255), normalizationTable(normalization), floats);
  assert.deepEqual([...floats], [-1, -0.5, -0.5, 1, 1.5, 4.5]);
});
