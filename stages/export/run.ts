import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { checkExport } from '../../src/learning/models/export/check-export.ts';
import {
  exportGraph,
  exportGraphSafetensors,
} from '../../src/learning/models/export/export-graph.ts';
import { exportOnnx } from '../../src/learning/models/export/export-onnx.ts';
import { layersFolder } from '../../src/learning/models/export/layers-of-file.ts';
import { exportSafetensors, weightedNet } from '../../src/learning/models/export/weighted-net.ts';
import { loadModel, type ModelFiles } from '../../src/learning/models/model-files.ts';
import { graphOf, infoFile } from '../../src/learning/models/model-info.ts';
import { modelInput } from '../../src/learning/models/model-inputs.ts';
import { startBackend } from '../../src/learning/training/start-backend.ts';
import type { StageContext } from '../../src/stage.ts';
import type { ExportFormat, ExportSettings } from './spec.ts';

export default async function run(context: StageContext<ExportSettings>): Promise<void> {
  const folder = context.output('files');
  mkdirSync(folder);
  // Two images are computed to check the file: the processor serves.
  await startBackend({ ...context, backend: 'onnxruntime' });
  const source = await layersFolder(modelInput(context).path, join(context.scratch, 'layers'));
  const files = await loadModel(source);
  const metadata = { restage: JSON.stringify(files.info) };
  const { onnx, safetensors } = exporterOf(files, metadata, context.settings);
  const writers: Readonly<Record<ExportFormat, () => Promise<void> | void>> = {
    onnx: async () => {
      const bytes = onnx();
      await checkExport(bytes, files, context.settings);
      writeFileSync(join(folder, 'model.onnx'), bytes);
    },
    // A model artifact is in tfjs's format; its info is written once, for all formats.
    tfjs: () =>
      cpSync(source, join(folder, 'tfjs'), {
        recursive: true,
        dereference: true,
        filter: (path) => basename(path) !== infoFile,
      }),
    page: async () => {
      const { writePage } = await import('./page/write-page.ts');
      await writePage(context, join(folder, 'model.html'), source, files);
    },
    safetensors: () => writeFileSync(join(folder, 'model.safetensors'), safetensors()),
  };
  for (const format of context.settings.formats) await writers[format]();
  writeFileSync(join(folder, infoFile), `${JSON.stringify(files.info, null, 2)}\n`);
}

function exporterOf(
  files: ModelFiles,
  metadata: Readonly<Record<string, string>>,
  settings: ExportSettings,
): { readonly onnx: () => Uint8Array; readonly safetensors: () => Uint8Array } {
  if (graphOf(files.info) !== undefined) {
    return {
      onnx: () => exportGraph(files, metadata, settings),
      safetensors: () => exportGraphSafetensors(files, metadata),
    };
  }
  const net = weightedNet(files);
  return {
    onnx: () => exportOnnx(net, metadata, settings),
    safetensors: () => exportSafetensors(net, metadata),
  };
}
