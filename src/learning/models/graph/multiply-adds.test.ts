import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, type TestContext, test } from 'node:test';
import { temporaryFolder } from '../../../../test/support/temporary-folder.ts';
import { untrainedInfo } from '../../../../test/support/untrained-model.ts';
import { selectBackend } from '../../../backend/select/select-backend.ts';
import { buildNet } from '../build-net.ts';
import { exportOnnx } from '../export/export-onnx.ts';
import { weightedNet } from '../export/weighted-net.ts';
import { graphTotals, rowsOfModel } from '../graph-listing.ts';
import { openGraph, wholeNetwork } from '../graph-network.ts';
import { netFacts } from '../layers/net-facts.ts';
import { traceLayers } from '../layers/trace-net.ts';
import { type ModelSetting, netOf } from '../model-setting.ts';

before(() => selectBackend('onnxruntime', { threads: 1 }));

const imageSize = 16;

/** What a network of listed layers has, and what the ONNX file of it has. */
async function counts(context: TestContext, layers: readonly unknown[]) {
  const setting = { layers } as ModelSetting;
  const traced = traceLayers(netOf(setting).layers, [imageSize, imageSize, 3]);
  assert.ok(traced.ok);
  const model = buildNet(netOf(setting), imageSize);
  const info = untrainedInfo(setting, imageSize);
  const path = join(temporaryFolder(context), 'net.onnx');
  writeFileSync(path, exportOnnx(weightedNet({ model, info }), {}));
  const graph = await wholeNetwork(openGraph(path), imageSize);
  const listed = netFacts(traced.value).multiplyAdds;
  return [
    graphTotals(rowsOfModel(model)).multiplyAdds,
    graphTotals(rowsOfModel(graph)).multiplyAdds,
    listed,
  ];
}

test('the nodes of a file have as many multiply-adds as the listed layers that they were exported from', async (context) => {
  const [ofLayers, ofNodes, listed] = await counts(context, [
    { conv: 6, stride: 2, padding: 'same' },
    'batchNorm',
    { separableConv: 8, padding: 'same' },
    { depthwiseConv: 3 },
    'globalAveragePool',
    { dense: 5 },
    { dense: 2 },
  ]);
  assert.deepEqual([ofLayers, ofNodes], [listed, listed]);
});

test('the products of attention count as those of a listed layer of attention do', async (context) => {
  const [, ofNodes, listed] = await counts(context, [
    { conv: 8, kernel: 4, stride: 4 },
    'tokens',
    { residual: ['layerNorm', { attention: 2 }] },
    'classToken',
    { dense: 2 },
  ]);
  assert.equal(ofNodes, listed);
});
