import { statSync } from 'node:fs';
import type { ContentsCheck, InputArtifact } from '../../stage.ts';
import { readModelInfo } from './model-info.ts';

/** What a kind does with the ONNX file of a model. */
interface ModelUse {
  /** The port of its models. */
  readonly port: 'model' | 'models';
  /** Whether it runs the file as it is, or needs its nodes as layers: for gradients, or export. */
  readonly needs: 'scores' | 'layers';
}

/**
 * Checks ONNX files that take the place of a model before a stage runs: whether they describe
 * themselves, and whether their nodes can become layers where these are needed.
 */
export const modelContents = ({ port, needs }: ModelUse): ContentsCheck => ({
  ports: [port, 'onnx'],
  settings: [],
  check: async ({ inputs }) => {
    const models = [...inputs(port).filter(isOnnxModel), ...inputs('onnx')];
    if (models.length === 0) return false;
    const { checkModel } = await import('./check-model.ts');
    for (const { path } of models) await checkModel(path, needs);
    return true;
  },
});

/** Whether it is an ONNX file, or the folder of a model that holds one. */
const isOnnxModel = ({ path }: InputArtifact): boolean =>
  !statSync(path).isDirectory() || readModelInfo(path).onnx !== undefined;
