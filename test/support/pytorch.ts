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

/** Networks of torchvision and timm that `pytorch-architectures.py` writes. */
export const networkNames = [
  'resnet18',
  'densenet121',
  'vgg11_bn',
  'inception_v3',
  'mobilenet_v2',
  'mobilenet_v3_small',
  'efficientnet_b0',
  'convnext_tiny',
  'vit_b_16',
  'swin_t',
  'deit_tiny',
  'vit_small',
] as const;

/** Fills a folder with such networks, and what PyTorch computes with them. */
export function writeNetworks(folder: string, names: readonly string[]): void {
  runArchitectures([folder, ...names]);
}

/**
 * Writes the weights of such a network as `<name>.pth` into a folder, with what PyTorch computes
 * with them for images of `size` pixels a side as `<name>.json`.
 */
export function writeNetworkWeights(folder: string, name: string, size: number): void {
  runArchitectures(['--weights', String(size), folder, name]);
}

function runArchitectures(words: readonly string[]): void {
  const script = new URL('pytorch-architectures.py', import.meta.url).pathname;
  const { status, stderr } = spawnSync(python, ['-W', 'ignore', script, ...words], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
}

/** Throws unless a file is as ONNX's own checker wants it. */
export function checkOnnx(path: string): void {
  const script = 'import sys, onnx; onnx.checker.check_model(sys.argv[1], full_check=True)';
  const { status, stderr } = spawnSync(python, ['-c', script, path], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
}
