import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { layersByName, matchesName, weightedLayers } from './layers-by-name.ts';
import { readLayers } from './read-layers.ts';

const layers = readLayers([
  { conv: 8 },
  'batchNorm',
  { residual: [{ conv: 8, padding: 'same' }, 'batchNorm'], shortcut: [{ conv: 8, kernel: 1 }], name: 'block' },
  'globalAveragePool',
  { dense: 2, name: 'logits' },
]);

test('a name stands for its layer, that of a block for the layers inside', () => {
  assert.deepEqual(
    [...layersByName(layers)],
    [
      ['conv1', ['conv1']],
      ['bn1', ['bn1']],
      ['block', ['conv2', 'bn2', 'conv3']],
      ['conv2', ['conv2']],
      ['bn2', ['bn2']],
      ['conv3', ['conv3']],
      ['globalAveragePool1', []],
      ['logits', ['logits']],
    ],
  );
  assert.deepEqual(weightedLayers(layers), ['conv1', 'bn1', 'conv2', 'bn2', 'conv3', 'logits']);
});

test('a star stands for any characters, and everything else for itself', () => {
  const matching = (pattern: string) =>
    ['a', 'ab', 'a.b', 'a/b', 'aab', 'ba'].filter((name) => matchesName(pattern, name));

  assert.deepEqual(matching('a'), ['a']);
  assert.deepEqual(matching('*'), ['a', 'ab', 'a.b', 'a/b', 'aab', 'ba']);
  assert.deepEqual(matching('a*'), ['a', 'ab', 'a.b', 'a/b', 'aab']);
  assert.deepEqual(matching('a*b'), ['ab', 'a.b', 'a/b', 'aab']);
  assert.deepEqual(matching('a.b'), ['a.b']);
  assert.deepEqual(matching('*a*a*'), ['aab']);
  assert.deepEqual(matching('a*a'), []);
});

test('patterns match as the regular expressions that they stand for', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 6 });
  fc.assert(
    fc.property(text, text, (pattern, other) => {
      const name = other.replaceAll('*', 'c');
      assert.equal(matchesName(pattern, name), new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(name));
    }),
  );
});
