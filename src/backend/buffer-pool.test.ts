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
    const [a, b, small] = [pool.take('float32', LARGE), pool.take('float32', LARGE), pool.take('float32', 8)];
    for (const array of [a, b, small]) pool.give(array);
    assert.equal(pool.bytes, 4 * LARGE);
  });
});
