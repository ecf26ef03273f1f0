import { listSupportedBackends } from 'onnxruntime-node';
import { BackendError, firstLine } from './backend-error.ts';

/** An execution provider of ONNX Runtime that can be asked for beside its CPU provider. */
export type Provider = 'webgpu' | 'cuda';

const advice: Readonly<Record<Provider, string>> = {
  webgpu:
    'It needs a driver for Vulkan, Metal or Direct3D 12; in software, for a trial, Debian has one: ' +
    'apt-get install mesa-vulkan-drivers',
  cuda:
    'It needs CUDA 12 and cuDNN 9, and libraries that are not in the npm registry. To fetch them: ' +
    'ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node',
};

/** @throws BackendError when the installed ONNX Runtime was built without this provider */
export function requireProvider(provider: Provider): void {
  const built = listSupportedBackends().map(({ name }) => name);
  if (built.includes(provider)) return;
  throw new BackendError(
    `ONNX Runtime for ${process.platform}-${process.arch} was built without the provider "${provider}"; ` +
      `it has ${built.join(', ')}. The backend "onnxruntime" computes on the CPU.`,
  );
}

/** The first computation with a provider failed. */
export function providerFailure(provider: Provider, error: unknown): BackendError {
  const said = firstLine(error instanceof Error && error.cause !== undefined ? error.cause : error);
  return new BackendError(`ONNX Runtime does not start its provider "${provider}": ${said} ${advice[provider]}`, {
    cause: error,
  });
}
