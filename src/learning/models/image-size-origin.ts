import type { InputArtifact } from '../../stage.ts';
import type { InputSettings } from './input-settings.ts';
import { presetOf } from './preprocessing/presets.ts';

/** A stage whose images may be prepared as a library or a file says. */
interface Reader {
  readonly settings: InputSettings;
  inputs(port: string): readonly InputArtifact[];
}

/** What gave a stage an image size that the user need not have written; undefined if nothing. */
export function imageSizeOrigin(
  { inputs, settings }: Reader,
  size: number | undefined,
): string | undefined {
  const { preprocessing, imageSize } = settings;
  if (inputs('preprocessing').length > 0) {
    return size === imageSize ? undefined : 'the input "preprocessing"';
  }
  const isUsual = preprocessing !== undefined && size === presetOf(preprocessing).crop;
  return isUsual ? `preprocessing: ${preprocessing}` : undefined;
}
