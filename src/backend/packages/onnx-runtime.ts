// The door to ONNX Runtime: all other code imports it from here.
//
// Since version 1.29 its binaries for Linux and macOS report the machine, models and errors to
// Microsoft, and keep a lasting number of the machine in the user's cache folder. They do so unless
// this variable is set before the first session (github.com/microsoft/onnxruntime/pull/27379).
process.env['ORT_DISABLE_TELEMETRY'] ??= '1';

export { env, InferenceSession, listSupportedBackends, Tensor } from 'onnxruntime-node';
// The public API wraps this same synchronous call into a promise, and tfjs's `dataSync` cannot wait
// for one. The path is private to onnxruntime-node, hence its exact version in package.json.
export { binding, initOrt } from 'onnxruntime-node/dist/binding.js';
