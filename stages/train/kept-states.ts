import { cpus as processors } from 'node:os';
import sharp from 'sharp';
import type { RunningBackend } from '../../src/backend/select/select-backend.ts';
import { TrainingCheckpoints } from '../../src/learning/training/training-checkpoints.ts';
import type { StageContext } from '../../src/stage.ts';
import type { TrainSettings } from './spec.ts';

/** The states that training keeps in its stage's checkpoint, with all that decides its bytes here and is not keyed. */
export function keptStates(
  { checkpoints, settings, cpus, info }: StageContext<TrainSettings>,
  { name, versions, device }: RunningBackend,
): TrainingCheckpoints | undefined {
  if (checkpoints === undefined) return undefined;
  const circumstances = {
    backend: name,
    ...versions,
    ...(device !== undefined && { device }),
    threads: cpus,
    processor: processors()[0]?.model ?? 'unknown', // by which ONNX Runtime chooses its kernels
    libvips: sharp.versions.vips,
  };
  return new TrainingCheckpoints(checkpoints, settings, circumstances, info);
}
