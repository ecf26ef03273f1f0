import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { pipelineJsonSchema } from '../src/config/schema/json-schema.ts';
import { kinds } from '../stages/index.ts';

test('pipeline.schema.json is that of the kinds as they are; `pipeline schema > pipeline.schema.json` renews it', async () => {
  const specs = await Promise.all(Object.values(kinds).map((kind) => kind.spec()));
  const file = fileURLToPath(new URL('../pipeline.schema.json', import.meta.url));
  assert.equal(readFileSync(file, 'utf8'), `${JSON.stringify(pipelineJsonSchema(specs), undefined, 2)}\n`);
});
