import assert from 'node:assert/strict';
import { test } from 'node:test';
import { invalidParts } from '../../../../test/support/invalid-parts.ts';
import { asType } from '../../../../test/support/partial-value.ts';
import { testingKinds } from '../testing-kinds.ts';
import { formatJsonSchema, pipelineJsonSchema } from './json-schema.ts';

type Schema = { readonly [key: string]: Schema };
const specs = Array.from(testingKinds.values(), ({ spec }) => spec);
const schema = asType<Schema>(pipelineJsonSchema(specs));
const stage = schema['definitions']!['stage']!;
const branches = asType<readonly Schema[]>(stage['allOf']);
const invalid = (stage: unknown) => invalidParts(schema, { stages: { one: stage } });

test('every key of a file and of a stage is known, and no other', () => {
  const top = ['extends', 'include', 'description', 'salt', 'params', 'stages'];
  assert.deepEqual(Object.keys(schema['properties']!), top);
  assert.deepEqual(invalidParts(schema, { stage: {} }), ['stage']);
  const keys =
    'kind description inputs with outputs after matrix when resources retries timeout env cache frozen place onDemand';
  assert.deepEqual(Object.keys(stage['properties']!), keys.split(' '));
  assert.deepEqual(invalid({ kinds: 'roc' }), ['stages.one.kinds']);
});

test('each kind has a branch with its settings and ports', () => {
  assert.deepEqual(
    branches.map((branch) => branch['if']!['properties']!['kind']!['const']),
    ['command', 'evaluate', 'load', 'plot', 'propose', 'roc', 'train'],
  );
  assert.deepEqual(invalid({ kind: 'train', inputs: { datasets: 'a.b' } }), [
    'stages.one.inputs.datasets',
  ]);
  assert.deepEqual(
    invalid({ kind: 'command', inputs: { any: 'a.b' } }),
    [],
    'a command has any port',
  );
  assert.deepEqual(invalid({ kind: 'train', with: { epoch: 3 } }), ['stages.one.with.epoch']);
  assert.deepEqual(
    invalid({ kind: 'train', with: { optimizer: { kind: 'sgd', momentum: 'x' } } }),
    ['stages.one.with.optimizer'],
  );
});

test('a setting may be a ${…} or null, and none is required, since an extended file may hold it', () => {
  const settings = {
    epochs: '${params.epochs}',
    rate: null,
    optimizer: { kind: 'sgd', momentum: '${params.m}' },
  };
  assert.deepEqual(invalid({ kind: 'train', with: settings }), []);
  assert.deepEqual(invalid({ with: { anything: 1 } }), [], 'the kind may be in another file');
  assert.deepEqual(invalid({ kind: 'train', with: { epochs: 0 } }), ['stages.one.with.epochs']);
});

test('a setting keeps its description and default where editors look for them', () => {
  const { resources, retries } = stage['properties']!;
  assert.match(String(resources!['description']), /^What the stage occupies/);
  assert.equal(retries!['default'] as unknown, 0);
});

test('the order of the kinds does not matter', () => {
  assert.equal(JSON.stringify(pipelineJsonSchema(specs.toReversed())), JSON.stringify(schema));
});

test('as text it is the same schema, with a line for each kind', () => {
  const text = formatJsonSchema(pipelineJsonSchema(specs));
  assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(schema)));
  assert.equal(text.match(/^ +\{"if":/gm)?.length, specs.length);
});
