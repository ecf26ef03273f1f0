import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BufferPool } from './buffer-pool.ts';

const LARGE = 64 * 1024;

describe('BufferPool', () => {
  it('hands out the memory that was given back, for another type of the same size too', () => {
    const pool = new BufferPool(1e9);
    const first = pool.take('float32', LARGE);
    pool.give(first);
    assert.equal(pool.bytes, 4 * LARGE);
    assert.equal(pool.take('int32', LARGE).buffer, first.buffer);
    assert.equal(pool.bytes, 0);
  });
  it('never hands out the same memory twice', () => {
    const pool = new BufferPool(1e9);
    pool.give(pool.take('float32', LARGE));
    assert.notEqual(pool.take('float32', LARGE).buffer, pool.take('float32', LARGE).buffer);
  });
  it('keeps no more than its capacity, and nothing small', () => {
    const pool = new BufferPool(5 * LARGE);
    const a = pool.take('float32', LARGE);
    const b = pool.take('float32', LARGE);
    const small = pool.take('float32', 8);
    for (const array of [a, b, small]) pool.give(array);
    assert.equal(pool.bytes, 4 * LARGE);
  });
  it('drops what was not used for longest when there is too much, as where the size of the batch changed', () => {
    const pool = new BufferPool(8 * LARGE);
    const old = pool.take('float32', LARGE);
    const older = pool.take('bool', LARGE);
    const fresh = pool.take('bool', 4 * LARGE - 1);
    pool.give(older);
    pool.give(old);
    assert.equal(pool.take('bool', LARGE).buffer, older.buffer);
    pool.give(older);
    pool.give(fresh);
    assert.equal(pool.bytes, LARGE + 4 * LARGE - 1);
    assert.equal(pool.take('bool', LARGE).buffer, older.buffer);
    assert.equal(pool.take('bool', 4 * LARGE - 1).buffer, fresh.buffer);
    assert.notEqual(pool.take('float32', LARGE).buffer, old.buffer);
  });
});
