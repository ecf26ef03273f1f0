import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../random.ts';
import { picksIn, picksText } from './picked-rows.ts';

test('picked rows stand in an address as ranges, or as bits where that is shorter', () => {
  assert.equal(picksText([7, 3, 8, 9]), '3,7-9');
  assert.equal(picksText([]), '');
  assert.deepEqual(picksIn(''), []);
  assert.deepEqual(picksIn('3,7-9'), [3, 7, 8, 9]);
  const random = new Random('picks', 7);
  for (const share of [0.02, 0.5, 0.98]) {
    const rows = Array.from({ length: 20_000 }, (_, row) => row).filter(
      () => random.float() < share,
    );
    const text = picksText(rows);
    assert.deepEqual(picksIn(text), rows);
    assert.ok(text.length < 4000, `${text.length} letters`);
    assert.equal(encodeURIComponent(text.replaceAll(',', '')), text.replaceAll(',', ''));
  }
});

test('what no page wrote picks nothing', () => {
  for (const text of ['~%%%', 'a-b', '5-1', '1-99999999999', 'x'])
    assert.deepEqual(picksIn(text).filter(Number.isInteger), [], text);
});
