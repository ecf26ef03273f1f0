import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SessionCache } from './session-cache.ts';

class FakeSession {
  disposed = false;
  dispose(): void {
    this.disposed = true;
  }
}

describe('SessionCache', () => {
  it('disposes of the session that was not used for longest when there are too many', () => {
    const cache = new SessionCache<FakeSession>({ sessions: 2, weight: 100 });
    const [a, b, c] = [new FakeSession(), new FakeSession(), new FakeSession()];
    cache.add('a', a, 1);
    cache.add('b', b, 1);
    assert.equal(cache.get('a'), a);
    cache.add('c', c, 1);
    assert.deepEqual([a.disposed, b.disposed, c.disposed], [false, true, false]);
    assert.equal(cache.get('b'), undefined);
  });
  it('disposes of sessions until their weight is within bounds', () => {
    const cache = new SessionCache<FakeSession>({ sessions: 10, weight: 10 });
    const sessions = [4, 4, 7].map((weight) => {
      const session = new FakeSession();
      cache.add(`weighs ${weight} as number ${cache.size}`, session, weight);
      return session;
    });
    assert.deepEqual(
      sessions.map(({ disposed }) => disposed),
      [true, true, false],
    );
    assert.equal(cache.size, 1);
  });
  it('keeps a session that alone is too heavy, since it is about to run', () => {
    const cache = new SessionCache<FakeSession>({ sessions: 10, weight: 10 });
    const heavy = new FakeSession();
    cache.add('heavy', heavy, 99);
    assert.equal(cache.get('heavy'), heavy);
    assert.equal(heavy.disposed, false);
  });
});
