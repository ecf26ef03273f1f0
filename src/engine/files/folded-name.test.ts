import assert from 'node:assert/strict';
import { test } from 'node:test';
import { foldedName } from './folded-name.ts';

test('names that some disk takes for one are equal when folded', () => {
  for (const name of ['Stages', 'ſtages', 'STAGES ', 'stages.', 'sta\u200cges', 'ｓｔａｇｅｓ']) {
    assert.equal(foldedName(name), 'stages', name);
  }
  assert.equal(foldedName('\u212Aind'), 'kind', 'the sign of Kelvin');
  assert.equal(foldedName('straße'), foldedName('STRASSE'));
  assert.equal(foldedName('pipel\u0131nes'), 'pipelines', 'an i without its dot');
  assert.notEqual(foldedName('stage'), foldedName('stages'));
});
