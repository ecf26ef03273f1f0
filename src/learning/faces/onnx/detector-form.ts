import type { Size } from '../../vision/resample.ts';
import type { Detection } from '../detector.ts';
import type { OnnxOutput, PixelForm } from './onnx-session.ts';

/** A form of the outputs of detectors. */
export interface DetectorForm {
  /** Its name in messages. */
  readonly title: string;
  /** How images become numbers, where the settings do not say. */
  readonly pixels: PixelForm;
  /** Whether outputs of these names and shapes are of this form. */
  fits(outputs: readonly OnnxOutput[], size: Size): boolean;
  /** The faces with at least a score, in pixels of the network's input of this size. */
  decode(outputs: readonly OnnxOutput[], size: Size, minScore: number): readonly Detection[];
}
