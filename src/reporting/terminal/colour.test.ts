import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wantsColour } from './colour.ts';

test('colours are for terminals, NO_COLOR turns them off, FORCE_COLOR wins', () => {
  const terminal = { isTTY: true };
  assert.equal(wantsColour(terminal, {}), true);
  assert.equal(wantsColour({}, {}), false);
  assert.equal(wantsColour(terminal, { TERM: 'dumb' }), false);
  assert.equal(wantsColour(terminal, { NO_COLOR: '1' }), false);
  assert.equal(wantsColour(terminal, { NO_COLOR: '' }), true);
  assert.equal(wantsColour({}, { FORCE_COLOR: '1' }), true);
  assert.equal(wantsColour(terminal, { FORCE_COLOR: '0' }), false);
  assert.equal(wantsColour({}, { FORCE_COLOR: '3', NO_COLOR: '1' }), true);
});
