import assert from 'node:assert/strict';
import { it } from 'node:test';
import { usableMemory } from './usable-memory.ts';

it('takes a container’s limit for the machine’s memory, where there is one', () => {
  assert.equal(usableMemory(64e9, 4e9), 4e9);
  assert.equal(usableMemory(64e9, 2 ** 64), 64e9);
  assert.equal(usableMemory(64e9, 0), 64e9);
});
