import assert from 'node:assert/strict';
import { test } from 'node:test';
import { questionsOf, shippedStages } from '../scripts/report-page.ts';
import type { LocatedStage } from '../src/engine/config/pipeline.ts';
import { inRepository } from './support/pages.ts';

async function stagesOf(name: string): Promise<ReadonlyMap<string, LocatedStage>> {
  const stages = await shippedStages(inRepository('.'), name);
  return new Map(stages.map((stage) => [stage.name, stage]));
}

test('as-reported.yaml has the settings of the report', async () => {
  const stages = await stagesOf('as-reported');
  const training = (stage: string) => {
    const { settings } = stages.get(`${stage}/fit`)!;
    const { model, pretrained, imageSize, epochs, optimizer, batchSize, augment, schedule } =
      settings;
    const { kind, learningRate } = optimizer as { kind: string; learningRate: number };
    return [model, pretrained, imageSize, epochs, kind, learningRate, batchSize, augment, schedule];
  };
  const none = { crop: 0, flip: false };
  const common = ['adam', 0.001, 32, none, { kind: 'constant' }];
  assert.deepEqual(training('simple-net-fakes'), ['simple-net', 'none', 256, 5, ...common]);
  assert.deepEqual(training('simple-net-synthetic'), training('simple-net-fakes'));
  const xception = training('xception-synthetic');
  assert.match(`${xception[1]}`, /^imagenet@md5:/);
  assert.deepEqual(xception.toSpliced(1, 1), ['xception-based', 256, 2, ...common]);
  assert.deepEqual(training('my-net'), ['my-net', 'none', 256, 20, ...common]);

  for (const name of ['simple-net-fakes', 'simple-net-synthetic', 'xception-synthetic', 'my-net']) {
    const { monitor, by } = stages.get(`${name}/fit`)!.settings;
    assert.deepEqual([monitor, by], [['train', 'val', 'test'], undefined], 'the best val accuracy');
    assert.equal(stages.get(`${name}/roc`)!.settings['bothScores'], true);
  }
  const setOf = (stage: string) =>
    stages
      .get(stage)!
      .inputs.find(({ port }) => port.startsWith('dataset'))!
      .items.map((item) => ('stage' in item ? item.stage : item.path));
  assert.deepEqual(setOf('simple-net-fakes/fit'), ['fakes']);
  assert.deepEqual(setOf('simple-net-synthetic/fit'), ['synthetic']);
  assert.deepEqual(setOf('xception-synthetic/fit'), ['synthetic']);
  assert.deepEqual(setOf('my-net/fit'), ['fakes']);
  assert.deepEqual(setOf('gradcam'), ['fakes', 'synthetic', 'synthetic']);
  for (const name of ['saliency-simple-net', 'saliency-xception'])
    assert.equal(stages.get(name)!.settings['shown'], 36);
});

test('as-reported-small.yaml has every stage of as-reported.yaml', async () => {
  const full = await stagesOf('as-reported');
  const small = await stagesOf('as-reported-small');
  assert.deepEqual([...small.keys()], [...full.keys()]);
});

test('every question of the report is answered once, from a stage or on a page', async () => {
  const questions = await questionsOf(inRepository('.'));
  const numbers = questions.flatMap(({ number }) =>
    /^Questions? /.test(number) ? number.match(/\d+/g)!.map(Number) : [],
  );
  assert.deepEqual(
    numbers.toSorted((a, b) => a - b),
    Array.from({ length: 35 }, (_, i) => i + 1),
  );
  assert.deepEqual(
    questions.filter(({ stages }) => stages.length === 0).map(({ number }) => number),
    ['Questions 29, 30'],
  );
  assert.deepEqual(
    questions.map(({ number }) => number).filter((number) => !/\d/.test(number)),
    ['Rhetorical', 'The competition'],
  );
});
