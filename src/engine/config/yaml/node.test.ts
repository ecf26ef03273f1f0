import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Json } from '../../../json.ts';
import { mergeNodes, toJson } from './node.ts';
import { parseYaml } from './parse-yaml.ts';

function node(value: Json) {
  const parsed = parseYaml({ path: 'p.yaml', text: JSON.stringify(value) });
  if (!parsed.ok) throw new Error(parsed.error[0]!.message);
  return parsed.value;
}
const merge = (base: Json, over: Json) => toJson(mergeNodes(node(base), node(over)));

test('maps merge, lists and scalars replace, null removes what is there', () => {
  const base = { with: { epochs: 5, sizes: [1, 2], rate: 0.1 }, kind: 'train' };
  const over = { with: { epochs: 2, sizes: [3], rate: null, start: null } };
  assert.deepEqual(merge(base, over), {
    with: { epochs: 2, sizes: [3], start: null },
    kind: 'train',
  });
});

const tree = fc.letrec<{ tree: Json; map: Json }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 3 },
    fc.integer(),
    fc.array(fc.integer(), { maxLength: 2 }),
    tie('map'),
  ),
  map: fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('tree'), { noNullPrototype: true }),
})).map;

test('merging twice is merging once, and an empty file changes nothing', () => {
  fc.assert(
    fc.property(tree, tree, (a, b) => {
      assert.deepEqual(merge(merge(a, b), b), merge(a, b));
      assert.deepEqual(merge(a, {}), a);
      assert.deepEqual(merge({}, a), a);
    }),
  );
});
