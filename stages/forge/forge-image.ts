import { Random } from '../../src/random.ts';
import {
  type Blended,
  blend,
  type Face,
  type FaceWindow,
  type Layer,
  openWindow,
} from './face-window.ts';
import { retouch } from './retouch.ts';
import { selfBlend } from './self-blend.ts';
import type { Method } from './spec.ts';
import { swapFace } from './swap.ts';

/** What is asked of a forgery. */
export interface ForgeryRequest {
  readonly method: Method;
  /** Decides everything that is drawn for it, 0 to 2^32 - 1. */
  readonly seed: number;
  /** For a swap: whose face is taken. */
  readonly donor?: Face | undefined;
  /** For a self-blended image, see {@link selfBlend}. */
  readonly ratios: readonly number[];
}

/** A forgery of a photograph. */
export interface Forgery extends Blended {
  readonly ratio: number;
}

/**
 * Forges a photograph: a function of its arguments alone. Undefined where too little of the face
 * lies in the photograph.
 */
export function forgeImage(face: Face, request: ForgeryRequest): Forgery | undefined {
  const window = openWindow(face);
  if (window === undefined) return undefined;
  const layer = layerOf(window, request);
  const blended = blend(face.image, window, layer);
  return blended.share === 0 ? undefined : { ...blended, ratio: layer.ratio };
}

function layerOf(window: FaceWindow, { method, seed, donor, ratios }: ForgeryRequest): Layer {
  const random = new Random('forge', method, seed);
  switch (method) {
    case 'self-blended':
      return selfBlend(window, random, ratios);
    case 'swap':
      if (donor === undefined) throw new Error('Internal error: a swap without a donor');
      return swapFace(window, random, donor);
    case 'retouch':
      return retouch(window, random);
  }
}
