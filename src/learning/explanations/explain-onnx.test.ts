import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import sharp from 'sharp';
import { assertClose } from '../../../test/support/assert-close.ts';
import { writeUntrainedModel } from '../../../test/support/untrained-model.ts';
import { selectBackend } from '../../backend/select/select-backend.ts';
import { StageError } from '../../stage.ts';
import type { Method } from '../attribution/methods.ts';
import { exportOnnx } from '../models/export/export-onnx.ts';
import { weightedNet } from '../models/export/weighted-net.ts';
import { loadModel } from '../models/model-files.ts';
import type { ModelSetting } from '../models/model-setting.ts';
import { explainPictures } from './explain-pictures.ts';
import { explanationDefaults } from './explanation-settings.ts';
import { openImageNetwork } from './image-model.ts';

const folder = mkdtempSync(join(tmpdir(), 'explain-onnx-'));
after(() => rmSync(folder, { recursive: true }));
const layers = join(folder, 'layers');
const onnx = join(folder, 'onnx');
let bytes: Buffer;

before(async () => {
  await selectBackend('onnxruntime', { threads: 1 });
  const net: ModelSetting = {
    layers: [{ conv: 4 }, 'relu', { conv: 3, stride: 2 }, 'flatten', { dense: 2 }],
  };
  await writeUntrainedModel(layers, { net: net, imageSize: 30 });
  const files = await loadModel(layers);
  mkdirSync(onnx);
  writeFileSync(
    join(onnx, 'model.onnx'),
    exportOnnx(weightedNet(files), {}, { layout: 'NCHW', softmax: false }),
  );
  const info = {
    ...files.info,
    architecture: 'onnx',
    onnx: { parameters: 1, probabilities: false },
  };
  writeFileSync(join(onnx, 'info.json'), JSON.stringify(info));
  // Grey, but for a bright square in the upper left.
  const at = (i: number) => (i % 90 < 36 && Math.floor(i / 90) < 12 ? 230 : 20);
  const pixels = Uint8Array.from({ length: 30 * 30 * 3 }, (_, i) => at(i));
  bytes = await sharp(pixels, { raw: { width: 30, height: 30, channels: 3 } })
    .png()
    .toBuffer();
});

const settings = { ...explanationDefaults(), class: 'predicted', layer: 'conv2' } as const;
const explained = async (model: string, methods: readonly Method[], layer: string | undefined) =>
  explainPictures(await openImageNetwork(model, 1, methods), [{ name: 'a.png', bytes }], {
    ...settings,
    methods,
    layer,
  });

test('occlusion and Score-CAM of an ONNX file are those of the same network as layers', async () => {
  const ofLayers = await explained(layers, ['occlusion', 'score-cam'], 'conv2');
  const ofOnnx = await explained(onnx, ['occlusion', 'score-cam'], 'conv2');
  assert.equal(ofLayers.pictures[0]!.maps[0]!.width, 30);
  for (const [m, map] of ofLayers.pictures[0]!.maps.entries()) {
    const onnxMap = ofOnnx.pictures[0]!.maps[m]!;
    assert.deepEqual([onnxMap.height, onnxMap.width], [map.height, map.width]);
    const most = Math.max(...map.values);
    assert.ok(most > 0);
    assertClose(onnxMap.values, map.values, 1e-4 * most);
  }
});

test('occlusion finds what the score depends on: hiding what is black changes nothing', async () => {
  const { maps, explained: of } = (await explained(onnx, ['occlusion'], undefined)).pictures[0]!;
  const { values } = maps[0]!;
  assert.ok(of === 0 || of === 1);
  const mean = (from: number, to: number) => {
    const square = values.filter(
      (_, i) => i % 30 >= from && i % 30 < to && Math.floor(i / 30) >= from && i / 30 < to,
    );
    return square.reduce((sum, value) => sum + value, 0) / square.length;
  };
  assert.ok(mean(0, 12) > 3 * mean(18, 30), `${mean(0, 12)} and ${mean(18, 30)}`);
});

test('gradients of an ONNX file are those of the same network as layers', async () => {
  const methods = ['gradient', 'guided-backprop', 'occlusion', 'grad-cam'] as const;
  const ofLayers = await explained(layers, methods, 'conv2');
  const ofOnnx = await explained(onnx, methods, 'conv2');
  for (const [m, map] of ofLayers.pictures[0]!.maps.entries()) {
    const most = Math.max(...map.values.map(Math.abs));
    assert.ok(most > 0);
    assertClose(ofOnnx.pictures[0]!.maps[m]!.values, map.values, 1e-4 * most);
  }
});

test('an ONNX file refuses a missing layer, and a tensor without places', async () => {
  await assert.rejects(explained(onnx, ['score-cam'], undefined), { name: 'StageError' });
  await assert.rejects(
    explained(onnx, ['score-cam'], 'flatten1'),
    new StageError('Expected a tensor of [channels, height, width], but "flatten1" has 507.'),
  );
});
