import { extname } from 'node:path';
import { StageError } from '../../../stage.ts';

const weightFormats = new Set(['.pt', '.pth', '.safetensors', '.h5', '.hdf5', '.keras']);

/** Whether the name of a file is that of weights without their network. */
export const namesWeights = (file: string): boolean =>
  weightFormats.has(extname(file).toLowerCase());

/** The error for a file that cannot be read as ONNX. `file` is its name for the user. */
export function notOnnx(file: string, cause: RangeError): StageError {
  const format = extname(file).toLowerCase();
  const advice = namesWeights(file)
    ? ` A ${format} file holds weights without their network: give it as the input "weights", and name its network in "model".`
    : '';
  return new StageError(`Expected an ONNX file, but ${file} is none or ends early.${advice}`, {
    cause,
  });
}
