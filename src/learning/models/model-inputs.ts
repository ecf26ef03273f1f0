import type { InputArtifact } from '../../stage.ts';
import { onnxFileAt } from './onnx/onnx-network.ts';

/** A stage that takes models. */
interface Reader {
  inputs(port: string): readonly InputArtifact[];
}

/**
 * The models of a stage, in order: those of its port `model` or `models`, and the files of its port
 * `onnx`, which `loadNetwork` and `loadModel` read as they read a model. Throws a `StageError` for
 * a folder with several ONNX files, or none.
 */
export function modelInputs(
  { inputs }: Reader,
  port: 'model' | 'models' = 'model',
): readonly InputArtifact[] {
  const files = inputs('onnx').map((file) => ({ ...file, path: onnxFileAt(file.path) }));
  return [...inputs(port), ...files];
}

/** The only one. */
export const modelInput = (stage: Reader): InputArtifact => modelInputs(stage)[0]!;
