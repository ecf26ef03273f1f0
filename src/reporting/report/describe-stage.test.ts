import assert from 'node:assert/strict';
import { test } from 'node:test';
import { partialValue } from '../../../test/support/partial-value.ts';
import { load, stageOf } from '../../engine/config/testing-kinds.ts';
import type { Fingerprint } from '../../engine/fingerprint/fingerprint.ts';
import type { JsonObject } from '../../json.ts';
import { describeChanges } from './describe-stage.ts';

test('changes are listed value by value, with defaults filled in and digests shortened', async () => {
  const stage = stageOf(
    await load(`stages:
  faces: { kind: load, inputs: { images: data/ } }
  fit: { kind: train, inputs: { dataset: faces.dataset } }
`),
    'fit',
  );
  const digest = (letter: string) => letter.repeat(64);
  const result = (settings: JsonObject, dataset: string) =>
    partialValue<Fingerprint>({
      kind: 'train',
      settings,
      inputs: { dataset: [{ digest: dataset }] },
    });
  const changes = describeChanges(
    result({}, digest('a')),
    result({ optimizer: { kind: 'adam', learningRate: 0.0003 } }, digest('b')),
    stage.defaultOf,
  );
  assert.deepEqual(changes, [
    { path: 'settings.optimizer.learningRate', before: 0.001, after: 0.0003 },
    { path: 'inputs.dataset[0].digest', before: 'content aaaaaaaaaa', after: 'content bbbbbbbbbb' },
  ]);
});
