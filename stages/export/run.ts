import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { exportOnnx } from '../../src/learning/models/export/export-onnx.ts';
import { exportSafetensors, weightedNet } from '../../src/learning/models/export/weighted-net.ts';
import { loadModel } from '../../src/learning/models/model-files.ts';
import { infoFile } from '../../src/learning/models/model-info.ts';
import { startBackend } from '../../src/learning/training/start-backend.ts';
import type { StageContext } from '../../src/stage.ts';
import type { ExportFormat, ExportSettings } from './spec.ts';

export default async function run(context: StageContext<ExportSettings>): Promise<void> {
  const source = context.input('model').path;
  const folder = context.output('files');
  mkdirSync(folder);
  // Nothing is computed, so the simplest backend serves.
  await startBackend({ ...context, backend: 'cpu' });
  const files = await loadModel(source);
  const net = weightedNet(files);
  const metadata = { restage: JSON.stringify(files.info) };
  const writers: Readonly<Record<ExportFormat, () => void>> = {
    onnx: () =>
      writeFileSync(join(folder, 'model.onnx'), exportOnnx(net, metadata, context.settings)),
    // A model artifact is in tfjs's format; its info is written once, for all formats.
    tfjs: () =>
      cpSync(source, join(folder, 'tfjs'), {
        recursive: true,
        dereference: true,
        filter: (path) => basename(path) !== infoFile,
      }),
    safetensors: () =>
      writeFileSync(join(folder, 'model.safetensors'), exportSafetensors(net, metadata)),
  };
  for (const format of context.settings.formats) writers[format]();
  writeFileSync(join(folder, infoFile), `${JSON.stringify(files.info, null, 2)}\n`);
}
