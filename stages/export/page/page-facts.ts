import type { Normalization } from '../../../src/learning/vision/pixels-to-floats.ts';
import type { NativeScale, Resize } from '../../../src/learning/vision/resize-settings.ts';

// What the page of a model holds, which the browser reads from it.

/** How the page prepares an image, and what it says of the scores. */
export interface PageFacts {
  /** In label order. */
  readonly classes: readonly string[];
  /** Pixels a side of the network's input. */
  readonly size: number;
  readonly resize: Resize;
  /** Where images are not resized. */
  readonly native?: NativeScale;
  readonly normalise: Normalization;
  /** What logits are divided by; 1 where the probabilities are not calibrated. */
  readonly temperature: number;
}

/** A network as layers of tfjs. */
export interface PageNetwork {
  readonly topology: object;
  /** In the order of their bytes. */
  readonly weights: readonly PageWeight[];
}

/** A weight whose bytes follow those of the weight before it. */
export interface PageWeight {
  readonly name: string;
  readonly shape: readonly number[];
  /** Whether it has 16 bits a number, else 32. */
  readonly isHalf: boolean;
}
