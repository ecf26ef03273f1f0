import { spawnSync } from 'node:child_process';

const python = '/usr/bin/python3';

/**
 * Why models of PyTorch cannot be made here; undefined where they can. `RESTAGE_PYTORCH=required`
 * makes this an error.
 */
export const noPyTorch: string | undefined = whyNot();

function whyNot(): string | undefined {
  if (spawnSync(python, ['-c', 'import torch, onnx, PIL']).status === 0) return undefined;
  const why = 'PyTorch is not installed: apt-get install python3-torch python3-onnx python3-pil';
  if (process.env['RESTAGE_PYTORCH'] === 'required') throw new Error(why);
  return why;
}

/** Fills a folder with models of PyTorch and what it computes with them, by `pytorch-files.py`. */
export function writePyTorchFiles(folder: string): void {
  const script = new URL('pytorch-files.py', import.meta.url).pathname;
  const { status, stderr } = spawnSync(python, [script, folder], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
}
