import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { globSync } from 'tinyglobby';
import { generatedFiles, inRepository } from '../scripts/generated-files.ts';
import { toJson } from '../src/engine/config/yaml/node.ts';
import { parseYaml } from '../src/engine/config/yaml/parse-yaml.ts';
import { invalidParts } from './support/invalid-parts.ts';

test('the generated files are up to date; `npm run reference` writes them', async () => {
  for (const [path, text] of Object.entries(await generatedFiles()))
    assert.equal(
      readFileSync(inRepository(path), 'utf8'),
      text,
      `${path} is not what the code generates`,
    );
});

test('the schema for editors accepts every pipeline of the repository, finds misspelt settings, and has at most 190 kB', () => {
  const text = readFileSync(inRepository('pipeline.schema.json'), 'utf8');
  assert.ok(text.length <= 190_000, `it has ${text.length} bytes`);
  const schema = JSON.parse(text);
  const files = globSync('pipelines/**/*.yaml', { cwd: inRepository('.') });
  assert.ok(files.length > 10);
  for (const path of files) {
    const parsed = parseYaml({ path, text: readFileSync(inRepository(path), 'utf8') });
    assert.deepEqual(
      { path, invalid: parsed.ok && invalidParts(schema, toJson(parsed.value)) },
      { path, invalid: [] },
    );
  }
  const fit = {
    kind: 'train',
    with: { model: 'xception', optimiser: { kind: 'adam' }, optimizer: { kind: 'adamm' } },
  };
  assert.deepEqual(invalidParts(schema, { stages: { fit } }), [
    'stages.fit.with.optimiser',
    'stages.fit.with.optimizer',
  ]);
});
