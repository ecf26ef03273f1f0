// What others import of this folder where it is a package of its own: `npm run pack:backend`.
export { BackendError } from './backend-error.ts';
export { beginAnew } from './begin-anew.ts';
export { profileSteps } from './profile/step-profile.ts';
export { StepProfiler } from './profile/step-profiler.ts';
export { type BackendOptions, onnxRuntimeBackend, registerOnnxRuntimeBackend } from './register.ts';
export { type BackendName, backendNames } from './select/backend-names.ts';
export { type RunningBackend, type SelectOptions, selectBackend } from './select/select-backend.ts';
