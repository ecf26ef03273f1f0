// The exports of this folder as a package of its own: `npm run pack:backend`.

export { BackendError } from './packages/backend-error.ts';
export {
  type BackendOptions,
  beginAnew,
  onnxRuntimeBackend,
  registerOnnxRuntimeBackend,
} from './registration/register.ts';
export type { ObservedRun, RunObserver } from './running/compiled-trace.ts';
export { type BackendName, backendNames } from './select/backend-names.ts';
export { type RunningBackend, type SelectOptions, selectBackend } from './select/select-backend.ts';
