/**
 * The backends that can be asked for, in the order of help. Light: a command line reads it without
 * loading tfjs.
 */
export const backendNames = [
  'auto',
  'onnxruntime',
  'onnxruntime:webgpu',
  'onnxruntime:cuda',
  'tensorflow',
  'webgpu',
  'cpu',
] as const;

/** `auto` takes what needs nothing beyond a plain install: `onnxruntime`. */
export type BackendName = (typeof backendNames)[number];

/** A backend that runs. */
export type ConcreteBackendName = Exclude<BackendName, 'auto'>;

export function isBackendName(name: string): name is BackendName {
  return (backendNames as readonly string[]).includes(name);
}
