import { cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exportOnnx } from '../../src/learning/models/export/export-onnx.ts';
import { exportSafetensors } from '../../src/learning/models/export/export-safetensors.ts';
import { weightedNet } from '../../src/learning/models/export/weighted-net.ts';
import { loadModel } from '../../src/learning/models/model-files.ts';
import { startBackend } from '../../src/learning/training/start-backend.ts';
import type { StageContext } from '../../src/stage.ts';
import type { ExportFormat, ExportSettings } from './spec.ts';

export default async function run(context: StageContext<ExportSettings>): Promise<void> {
  const source = context.input('model').path;
  const folder = context.output('files');
  mkdirSync(folder);
  // Nothing is computed: weights go from one file into others.
  await startBackend({ ...context, backend: 'cpu' });
  const files = await loadModel(source);
  const net = weightedNet(files);
  const metadata = { restage: JSON.stringify(files.info) };
  const writers: Readonly<Record<ExportFormat, () => void>> = {
    onnx: () => writeFileSync(join(folder, 'model.onnx'), exportOnnx(net, metadata)),
    // A model artifact is tfjs's already; its info is written once, for all formats.
    tfjs: () => copyFolder(source, join(folder, 'tfjs'), (name) => name !== 'info.json'),
    safetensors: () => writeFileSync(join(folder, 'model.safetensors'), exportSafetensors(net, metadata)),
  };
  for (const format of context.settings.formats) writers[format]();
  writeFileSync(join(folder, 'info.json'), `${JSON.stringify(files.info, null, 2)}\n`);
}

function copyFolder(from: string, to: string, wanted: (name: string) => boolean): void {
  mkdirSync(to);
  for (const name of readdirSync(from).filter(wanted)) cpSync(join(from, name), join(to, name), { recursive: true });
}
