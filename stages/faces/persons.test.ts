import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Appearance, numberPersons } from './persons.ts';

/** A face near the corner of a person; corners are at a distance of 1 from each other. */
const appearance = (name: string, person: number): Appearance => {
  const descriptor = new Float32Array(128);
  descriptor[person] = Math.SQRT1_2;
  return { name, descriptor };
};

test('a person keeps its number where videos are added after it, and has another one with another seed', () => {
  const two = [appearance('a', 0), appearance('b', 1), appearance('c', 0)];
  const before = numberPersons(two, 0.5, 7);
  assert.equal(before.get('a'), before.get('c'));
  assert.notEqual(before.get('a'), before.get('b'));
  const after = numberPersons([...two, appearance('d', 2), appearance('e', 1)], 0.5, 7);
  for (const name of ['a', 'b', 'c']) assert.equal(after.get(name), before.get(name));
  assert.equal(after.get('e'), before.get('b'));
  assert.notEqual(numberPersons(two, 0.5, 8).get('a'), before.get('a'));
});

test('more tracks than distances fit into memory are refused, with their number', () => {
  const many = Array.from({ length: 20_001 }, (_, i) => appearance(String(i), 0));
  assert.throws(() => numberPersons(many, 0.5, 7), {
    name: 'StageError',
    message:
      'Expected at most 20000 tracks to find persons among, got 20001: divide the videos among several stages.',
  });
});
