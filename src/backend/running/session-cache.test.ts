import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SessionCache } from './session-cache.ts';

class FakeSession {
  disposed = false;
  weight: number;
  constructor(weight: number) {
    this.weight = weight;
  }
  dispose(): void {
    this.disposed = true;
  }
}

/** A cache with a session of each weight, added in this order as `0`, `1`, … */
function filled(limits: { sessions: number; weight: number }, weights: readonly number[]) {
  const cache = new SessionCache<FakeSession>(limits);
  const sessions = weights.map((weight) => new FakeSession(weight));
  for (const [i, session] of sessions.entries()) cache.add(`${i}`, session);
  return { cache, sessions, disposed: () => sessions.map(({ disposed }) => disposed) };
}

describe('SessionCache', () => {
  it('disposes of the session that was not used for longest when there are too many', () => {
    const { cache, sessions, disposed } = filled({ sessions: 2, weight: 100 }, [1, 1]);
    assert.equal(cache.get('0'), sessions[0]);
    cache.add('2', new FakeSession(1));
    assert.deepEqual(disposed(), [false, true]);
    assert.equal(cache.get('1'), undefined);
  });
  it('disposes of sessions until their weight is within bounds', () => {
    const { cache, disposed } = filled({ sessions: 10, weight: 10 }, [4, 4, 7]);
    assert.deepEqual(disposed(), [true, true, false]);
    assert.deepEqual([cache.size, cache.weight], [1, 7]);
  });
  it('makes room for a session that has become heavier', () => {
    const { cache, sessions, disposed } = filled({ sessions: 10, weight: 10 }, [3, 3, 3]);
    cache.get('0')!.weight = 6;
    cache.trim();
    assert.deepEqual(disposed(), [false, true, false]);
    assert.deepEqual([cache.weight, cache.get('2')], [9, sessions[2]]);
  });
  it('keeps a session that alone is too heavy, since it is about to run', () => {
    const { cache, sessions, disposed } = filled({ sessions: 10, weight: 10 }, [1, 99]);
    assert.equal(cache.get('1'), sessions[1]);
    assert.deepEqual(disposed(), [true, false]);
  });
});
