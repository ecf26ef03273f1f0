import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { closest, editDistance, suggest, thereAre } from './suggest.ts';

test('one slip is a distance of one: a letter too many, too few, wrong, or two swapped', () => {
  for (const slip of ['dataseet', 'datast', 'datbset', 'daatset'])
    assert.equal(editDistance(slip, 'dataset'), 1, slip);
  assert.equal(editDistance('kitten', 'sitting'), 3);
});

test('the nearest name is suggested, whatever its case', () => {
  assert.equal(suggest('epoch', ['model', 'epochs']), 'Did you mean "epochs"?');
  assert.equal(suggest('BATCHSIZE', ['batchSize']), 'Did you mean "batchSize"?');
});

test('a one-letter name is near to one that holds it, and not to every other letter', () => {
  assert.equal(closest('x', ['b']), undefined);
  assert.equal(closest('B', ['a', 'b']), 'b');
  assert.equal(closest('s', ['a', 'sn']), 'sn');
});

test('without a near name the known ones are listed, unless they are many', () => {
  assert.equal(suggest('zebra', ['model', 'epochs']), 'Known: model, epochs.');
  assert.equal(
    suggest(
      'zebra',
      Array.from({ length: 13 }, (_, index) => `name${index}`),
    ),
    undefined,
  );
  assert.equal(suggest('zebra', []), undefined);
});

test('the existing names follow the suggestion; of many, the nearest five, those that contain the wanted one first', () => {
  assert.equal(thereAre('sead', ['net', 'seed']), 'Did you mean "seed"? There are net, seed.');
  assert.equal(thereAre('test', ['val']), 'There is only val.');
  assert.equal(thereAre('test', []), 'There is none.');
  const many = [
    ...Array.from({ length: 300 }, (_, index) => `bySource.kitchen-${index}.recall`),
    'val.auc',
    'test.auc',
  ];
  assert.equal(
    thereAre('test.acu', many),
    `Did you mean "test.auc"? The nearest of 302 are test.auc, val.auc, ${many.slice(0, 3).join(', ')}.`,
  );
  assert.match(thereAre('auc', many), /^The nearest of 302 are val\.auc, test\.auc, bySource/);
  const long = 'n'.repeat(200);
  assert.match(thereAre(long, many), /^The nearest of 302 are bySource\.kitchen-0\.recall, /);
  assert.match(thereAre('auc', [long, ...many]), /^The nearest of 303 are val\.auc, /);
});

test('the distance is symmetric, zero for equals alone, and at most the longer length', () => {
  const word = fc.string({ maxLength: 12 });
  fc.assert(
    fc.property(word, word, (a, b) => {
      const distance = editDistance(a, b);
      assert.equal(distance, editDistance(b, a));
      assert.equal(distance === 0, a === b);
      assert.ok(
        distance >= Math.abs(a.length - b.length) && distance <= Math.max(a.length, b.length),
      );
    }),
  );
});

test('any one edit of a name of four letters or more finds it again among unlike ones', () => {
  const name = fc.stringMatching(/^[a-m]{4,12}$/);
  fc.assert(
    fc.property(name, fc.nat(), fc.constantFrom('', 'z'), (word, offset, letter) => {
      const at = offset % word.length;
      const edited = word.slice(0, at) + letter + word.slice(at + 1);
      assert.equal(closest(edited, ['nopqrstuvw', word]), word);
    }),
  );
});
