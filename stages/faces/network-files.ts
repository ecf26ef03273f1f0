import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import type { Digest } from '../../src/digest.ts';
import { type StageContext, StageError } from '../../src/stage.ts';
import type { FacesSettings } from './spec.ts';

/** What decides the networks of the user's own: the digests of their files, and their input. */
export function networkFiles(context: StageContext<FacesSettings>) {
  const { detector, landmarks } = context.settings;
  const digestOf = (port: string): Digest | null => {
    const path = context.inputs(port)[0]?.path;
    return path === undefined ? null : digestOfFile(path);
  };
  return {
    detectorFile: digestOf('detector'),
    landmarksFile: digestOf('landmarks'),
    detector: JSON.stringify(detector),
    landmarks68: JSON.stringify(landmarks),
  };
}

function digestOfFile(path: string): Digest {
  if (!statSync(path).isFile())
    throw new StageError(`Expected an ONNX file, got the folder ${path}.`);
  return createHash('sha256').update(readFileSync(path)).digest('hex') as Digest;
}
