import assert from 'node:assert/strict';
import { totalmem } from 'node:os';
import { test } from 'node:test';
import { usableMemory } from './usable-memory.ts';

test('a container has no more memory than it is allowed, nor than there is', () => {
  const GiB = 2 ** 30;
  assert.equal(usableMemory(64 * GiB, 4 * GiB), 4 * GiB);
  assert.equal(usableMemory(64 * GiB, 2 ** 64), 64 * GiB, 'what Linux says where there is no limit');
  assert.equal(usableMemory(64 * GiB, 0), 64 * GiB, 'what Node says where it does not know');
  assert.ok(usableMemory() > 2 ** 26 && usableMemory() <= totalmem());
});
