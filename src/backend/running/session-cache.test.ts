import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LARGE, SessionCache } from './session-cache.ts';

class FakeSession {
  disposed = false;
  weight: number;
  readonly runs: number;
  constructor(weight: number, runs = 0) {
    this.weight = weight;
    this.runs = runs;
  }
  release(): void {
    this.weight = 0;
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
  it('releases large sessions that ran once, such as that of a first step, and keeps all', () => {
    const { cache, sessions } = filled({ sessions: 10, weight: 10 * LARGE }, [LARGE - 1]);
    const once = new FakeSession(LARGE, 1);
    const twice = new FakeSession(LARGE, 2);
    const small = new FakeSession(LARGE - 1, 1);
    for (const [name, session] of Object.entries({ once, twice, small })) cache.add(name, session);
    cache.makeRoom();
    assert.deepEqual(
      [...sessions, once, twice, small].map(({ weight, disposed }) => [weight, disposed]),
      [
        [LARGE - 1, false],
        [0, false],
        [LARGE, false],
        [LARGE - 1, false],
      ],
    );
    assert.equal(cache.get('once'), once);
  });
  it('keeps a session that alone is too heavy, since it is about to run', () => {
    const { cache, sessions, disposed } = filled({ sessions: 10, weight: 10 }, [1, 99]);
    assert.equal(cache.get('1'), sessions[1]);
    assert.deepEqual(disposed(), [true, false]);
  });
});
