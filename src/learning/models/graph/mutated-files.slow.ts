import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { damagedBytes } from '../../../../test/support/damaged-bytes.ts';
import { isRefused } from '../../../../test/support/mutations.ts';
import { writeUntrainedModel } from '../../../../test/support/untrained-model.ts';
import { selectBackend } from '../../../backend/select/select-backend.ts';
import { StageError } from '../../../stage.ts';
import { exportOnnx } from '../export/export-onnx.ts';
import { weightedNet } from '../export/weighted-net.ts';
import { openGraph, wholeNetwork } from '../graph-network.ts';
import { loadModel } from '../model-files.ts';
import type { ModelSetting } from '../model-setting.ts';
import { OnnxNetwork } from '../onnx/onnx-network.ts';

const folder = mkdtempSync(join(tmpdir(), 'mutated-'));
const imageSize = 16;
let bytes: Uint8Array;
before(async () => {
  await selectBackend('cpu', { threads: 1 });
  const net: ModelSetting = {
    layers: [
      { conv: 3, stride: 2 },
      'batchNorm',
      'relu',
      { residual: [{ separableConv: 3, padding: 'same' }] },
      { maxPool: 2 },
      'flatten',
      { dense: 2 },
    ],
  };
  const model = join(folder, 'model');
  await writeUntrainedModel(model, { net: net, imageSize });
  const files = await loadModel(model);
  bytes = new Uint8Array(exportOnnx(weightedNet(files), {}, { layout: 'NCHW', softmax: false }));
});
after(() => rmSync(folder, { recursive: true }));

test('of 300 damaged files each becomes a network or a message, and none takes memory', async () => {
  const outcomes = { built: 0, refused: 0 };
  for (let file = 0; file < 300; file++) {
    const path = join(folder, 'damaged.onnx');
    writeFileSync(path, damagedBytes(bytes, file));
    try {
      const opened = openGraph(path);
      const model = await wholeNetwork(opened, opened.size ?? imageSize);
      outcomes.built++;
      model.dispose();
    } catch (error) {
      assert.ok(error instanceof StageError, `file ${file}: ${(error as Error).stack}`);
      assert.ok(error.message.length < 600 && !error.message.includes('Internal error'));
      outcomes.refused++;
    }
  }
  assert.ok(outcomes.built > 30 && outcomes.refused > 60, JSON.stringify(outcomes));
  assert.ok(process.resourceUsage().maxRSS < 2e6, 'less than 2 GB');
});

test('of 300 damaged files each runs in ONNX Runtime as it is, or is refused in a sentence', async () => {
  const path = join(folder, 'damaged.onnx');
  const scoreBlack = async () => {
    using network = await OnnxNetwork.open(path, { threads: 1 });
    await network.run(new Float32Array(network.input.size ** 2 * 3));
  };
  let refused = 0;
  for (let file = 0; file < 300; file++) {
    writeFileSync(path, damagedBytes(bytes, file));
    if (await isRefused(scoreBlack)) refused++;
  }
  assert.ok(refused > 60 && refused < 270, `${refused} were refused`);
  assert.ok(process.resourceUsage().maxRSS < 2e6, 'less than 2 GB');
});
