import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { buildWhole, imageSizeOf } from './graph-network.ts';
import { expectClasses, infoOfModel, onnxOfModel } from './model-files.ts';
import { infoFile } from './model-info.ts';
import { onnxFileAt } from './onnx/onnx-network.ts';
import { openGraphOnce } from './open-graph-once.ts';
import { withoutComputing } from './without-computing.ts';

/**
 * Throws a {@link StageError} for an ONNX file that cannot take the place of a model, as
 * `loadNetwork` does for its scores, and `loadModel` for its layers. `source` is the file, a folder
 * with one, or a `model` artifact that holds one.
 */
export async function checkModel(source: string, needs: 'scores' | 'layers'): Promise<void> {
  const isArtifact = existsSync(join(source, infoFile));
  const path = isArtifact ? source : onnxFileAt(source);
  const info = infoOfModel(path);
  if (needs === 'scores') return;
  const opened = openGraphOnce([onnxOfModel(path)]);
  const size = 'size' in info.input ? info.input.size : undefined;
  const built = await withoutComputing(() => buildWhole(opened, imageSizeOf(opened, size)));
  if (!isArtifact) expectClasses(built.output.shape.slice(1), info, path);
}
