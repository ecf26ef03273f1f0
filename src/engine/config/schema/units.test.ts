import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDuration, parseMemory } from './units.ts';

test('durations are counted in milliseconds', () => {
  const expected = {
    '30s': 30_000,
    '4h': 14_400_000,
    '1h30m': 5_400_000,
    '1.5h': 5_400_000,
    '250ms': 250,
    '2d': 172_800_000,
  };
  for (const [text, milliseconds] of Object.entries(expected))
    assert.equal(parseDuration(text), milliseconds, text);
  for (const text of ['', '5', '4 h', '-1s', '0s', '1h30', 'h', '1w'])
    assert.equal(parseDuration(text), undefined, text);
});

test('sizes are counted in bytes', () => {
  const expected = {
    '8GiB': 2 ** 33,
    '512MiB': 2 ** 29,
    '1.5GB': 1.5e9,
    '512 KB': 512_000,
    '10B': 10,
  };
  for (const [text, bytes] of Object.entries(expected))
    assert.equal(parseMemory(text), bytes, text);
  for (const text of ['', '8', '8Gib', '8 giB', '-1GiB', 'GiB', '99999999999TiB']) {
    assert.equal(parseMemory(text), undefined, text);
  }
});
