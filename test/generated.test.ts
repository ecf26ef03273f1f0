import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { generatedFiles, inRepository } from '../scripts/generated-files.ts';

test('the schema, the reference of kinds and the tables of keys are those of the code; `npm run reference` renews them', async () => {
  for (const [path, text] of Object.entries(await generatedFiles()))
    assert.equal(readFileSync(inRepository(path), 'utf8'), text, `${path} is not what the code says`);
});
