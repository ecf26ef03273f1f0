import type { RecipeStep } from '../../src/learning/vision/dataset/recipe.ts';
import type { StageContext } from '../../src/stage.ts';
import { networkFiles } from './network-files.ts';
import { type FacesSettings, spec } from './spec.ts';

/**
 * What decides which faces are cut, and how. Masks say where a face was forged: nobody has them of
 * a new video, whose longest track is cut in their place.
 */
export function stepOf(context: StageContext<FacesSettings>): RecipeStep {
  const { persons: _p, personDistance: _d, seed: _s, ...settings } = context.settings;
  const { pick, detector, landmarks, ...others } = settings;
  const { detectorFile, landmarksFile } = networkFiles(context);
  return {
    kind: spec.name,
    version: spec.version,
    settings: {
      ...others,
      pick: pick === 'mask' ? 'track' : pick,
      ...(detectorFile !== null && { detector }),
      ...(landmarksFile !== null && { landmarks }),
    },
    files: {
      ...(detectorFile !== null && { detector: detectorFile }),
      ...(landmarksFile !== null && { landmarks: landmarksFile }),
    },
  };
}
