import { realpathSync } from 'node:fs';
import { basename } from 'node:path';

/**
 * The name that the user gave a file: a stage sees a link to it, which is called like the input.
 */
export function fileName(path: string): string {
  const name = basename(realpathSync(path));
  return /\.(onnx|json|js)$/.test(name) ? name : basename(path);
}
