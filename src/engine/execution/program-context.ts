import type { InputArtifact, ProgramContext } from '../../stage.ts';
import type { StageRequest } from './stage-messages.ts';

export function programContext(request: StageRequest): ProgramContext {
  const { kind, settings, scratch, root, launcher, code } = request;
  const inputs = (port: string): readonly InputArtifact[] => request.inputs[port] ?? [];
  return {
    settings,
    inputs,
    input: (port) => {
      const [first] = inputs(port);
      if (first === undefined) throw new Error(`Internal error: ${kind} reads port ${port}, which is not connected`);
      return first;
    },
    output: (port) => {
      const path = request.outputs[port];
      if (path === undefined) throw new Error(`Internal error: ${kind} has no output ${port}`);
      return path;
    },
    inputPorts: Object.keys(request.inputs),
    outputPorts: Object.keys(request.outputs),
    scratch,
    root,
    ...(launcher !== undefined && { launcher }),
    ...(code !== undefined && { code }),
  };
}
