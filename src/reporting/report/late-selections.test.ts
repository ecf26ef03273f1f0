import assert from 'node:assert/strict';
import { test } from 'node:test';
import { partialValue } from '../../../test/support/partial-value.ts';
import type { Stage } from '../../engine/config/pipeline.ts';
import { lateSelections } from './late-selections.ts';

const model = { port: 'model', type: 'model' };
const outputs: Readonly<Record<string, readonly object[]>> = {
  train: [model],
  evaluate: [{ port: 'metrics', type: 'metrics' }],
  select: [model, { port: 'choice', type: 'choice' }],
};

const stage = (
  name: string,
  kind: string,
  inputs: Readonly<Record<string, readonly string[]>> = {},
) =>
  partialValue<Stage>({
    name,
    kind,
    outputs: outputs[kind],
    inputs: Object.entries(inputs).map(([port, stages]) => ({
      port,
      items: stages.map((from) => ({
        from: 'stage',
        stage: from,
        port: port === 'metrics' ? 'metrics' : 'model',
        labels: {},
      })),
    })),
  });

const stages = [
  stage('fit', 'train'),
  stage('other', 'train'),
  stage('scores', 'evaluate', { model: ['fit'] }),
  stage('apart', 'evaluate', { model: ['other'] }),
  stage('best', 'select', { models: ['fit'], metrics: ['scores'] }),
  stage('final', 'evaluate', { model: ['best'] }),
];
const late = (tested: readonly (readonly [stage: string, at: number])[]) =>
  lateSelections(
    stages,
    () => ({ began: 100, ended: 110 }),
    tested.map(([stage, at]) => ({ stage, at })),
  ).map(({ stage, test }) => [stage, test.stage, test.at]);

test('a selection is late where test numbers of its candidates, or of an earlier choice, existed before', () => {
  assert.deepEqual(
    late([
      ['scores', 90],
      ['scores', 80],
    ]),
    [['best', 'scores', 80]],
  );
  assert.deepEqual(late([['final', 90]]), [['best', 'final', 90]]);
});

test('it is not late where they came later, or belong to other models or to a stage that is gone', () => {
  assert.deepEqual(
    late([
      ['scores', 105],
      ['apart', 10],
      ['gone', 10],
    ]),
    [],
  );
});
