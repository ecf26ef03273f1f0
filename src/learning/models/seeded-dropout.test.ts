import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import {
  type LayersModel,
  loadLayersModel,
  ones,
  setBackend,
  type Tensor,
  io as tfjsIo,
} from '@tensorflow/tfjs';
import { buildNet } from './build-net.ts';
import { readLayers } from './layers/read-layers.ts';
import { seedDropout } from './seeded-dropout.ts';

before(() => setBackend('cpu'));

const model = (): LayersModel =>
  buildNet(
    { name: 'layers', layers: readLayers([{ dropout: 0.25 }, { dropout: 0 }, 'flatten']) },
    40,
  );

const applied = (net: LayersModel, training: boolean): readonly number[] =>
  Array.from((net.apply(ones([1, 40, 40, 3]), { training }) as Tensor).dataSync());

function step(net: LayersModel, ...seeds: readonly number[]): readonly number[] {
  seedDropout(net, ...seeds);
  return applied(net, true);
}

test('a step sets its share of values to 0 and keeps the mean; outside training nothing changes', () => {
  const net = model();
  const values = step(net, 7, 1, 0);
  const dropped = values.filter((value) => value === 0).length / values.length;

  assert.deepEqual([...new Set(values)].sort(), [0, Math.fround(4 / 3)]);
  assert.ok(Math.abs(dropped - 0.25) < 0.03, `${dropped}`);
  assert.ok(applied(net, false).every((value) => value === 1));
});

test('the same seeds drop the same values, whatever came before; another seed, epoch or batch drops others', () => {
  const firstModel = model();
  const secondModel = model();
  const first = step(firstModel, 7, 1, 0);

  assert.notDeepEqual(step(firstModel, 7, 1, 1), first);
  assert.notDeepEqual(step(firstModel, 7, 2, 0), first);
  assert.notDeepEqual(step(firstModel, 8, 1, 0), first);
  assert.deepEqual(step(secondModel, 7, 1, 0), first);
});

test('a step without a seed is a bug, since it would repeat the last one’s values', () => {
  const net = model();
  step(net, 7, 1, 0);

  assert.throws(
    () => applied(net, true),
    /^Error: Internal error: dropout1 has no seed for this step$/,
  );
});

test('it is saved as tfjs’s own dropout, which every reader of models knows', async () => {
  let saved: tfjsIo.ModelArtifacts | undefined;
  const handler = tfjsIo.withSaveHandler(async (artifacts) => {
    saved = artifacts;
    return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
  });
  await model().save(handler);
  const loaded = await loadLayersModel(tfjsIo.fromMemory({ ...saved! }));

  assert.deepEqual(
    loaded.layers.slice(1, 3).map((layer) => [layer.getClassName(), layer.getConfig()['rate']]),
    [
      ['Dropout', 0.25],
      ['Dropout', 0],
    ],
  );
  assert.equal(loaded.layers[1]!.constructor.name, 'Dropout');
});
