import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testingKinds } from '../testing-kinds.ts';
import { pipelineJsonSchema } from './json-schema.ts';

type Schema = { readonly [key: string]: Schema };
const schema = pipelineJsonSchema(Array.from(testingKinds.values(), ({ spec }) => spec)) as unknown as Schema;
const stage = schema['definitions']!['stage']!;
const branches = stage['allOf'] as unknown as readonly Schema[];

test('every key of a file and of a stage is known, and no other', () => {
  const top = ['extends', 'include', 'description', 'salt', 'params', 'stages'];
  assert.deepEqual(Object.keys(schema['properties']!), top);
  assert.equal(schema['additionalProperties'] as unknown, false);
  const keys = 'kind description inputs with outputs after matrix resources retries timeout env cache frozen onDemand';
  assert.deepEqual(Object.keys(stage['properties']!), keys.split(' '));
  assert.equal(stage['additionalProperties'] as unknown, false);
});

test('each kind has a branch with its settings and ports', () => {
  assert.deepEqual(
    branches.map((branch) => branch['if']!['properties']!['kind']!['const']),
    ['command', 'evaluate', 'load', 'plot', 'roc', 'train'],
  );
  const train = branches.at(-1)!['then']!['properties']!;
  assert.deepEqual(Object.keys(train['inputs']!['properties']!), ['dataset', 'start']);
  assert.equal(train['inputs']!['additionalProperties'] as unknown, false);
  assert.equal(
    branches[0]!['then']!['properties']!['inputs']!['additionalProperties'],
    undefined,
    'a command has any port',
  );
});

test('a setting may be a ${…} or null, and none is required, since an extended file may hold it', () => {
  const settings = branches.at(-1)!['then']!['properties']!['with']!['anyOf'] as unknown as readonly Schema[];
  assert.equal(settings[0]!['required'], undefined);
  assert.deepEqual(settings[0]!['properties']!['epochs'], {
    default: 5,
    anyOf: [
      { type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER },
      { $ref: '#/definitions/reference' },
      { type: 'null' },
    ],
  });
  assert.ok(!JSON.stringify(settings).includes('oneOf'));
});

test('the order of the kinds does not matter', () => {
  const specs = Array.from(testingKinds.values(), ({ spec }) => spec).reverse();
  assert.equal(JSON.stringify(pipelineJsonSchema(specs)), JSON.stringify(schema));
});
