import type { ContentsQuestion } from '../../stage.ts';
import {
  type BackboneOptions,
  imageSizeOf,
  type OpenedGraph,
  type PartOptions,
} from './graph-network.ts';
import { imageSizeOrigin } from './image-size-origin.ts';
import { type InputSettings, usualInput } from './input-settings.ts';

/** The settings that decide which part of a file's network is trained, and for which images. */
export interface BackboneSettings extends InputSettings {
  readonly imageSize: number;
  readonly cut?: string;
  readonly batchNorm?: 'trained' | 'frozen' | 'restored';
}

/** The settings that decide which part of a file's network gives features, and for which images. */
export interface FeatureSettings extends InputSettings {
  readonly layer?: string;
  readonly layers?: readonly string[];
}

/**
 * The part of a file's network that a stage trains. `settings` are those of the stage with those of
 * its input `preprocessing`. Throws a {@link StageError} where they do not fit the file.
 */
export function backboneOptions(
  stage: ContentsQuestion<InputSettings>,
  { imageSize, cut, scale, batchNorm }: BackboneSettings,
  opened: OpenedGraph,
): BackboneOptions {
  const isNative = scale !== undefined;
  const given = chosenSize(opened, imageSize);
  return {
    // The size of a file is that of resized images.
    imageSize: isNative ? imageSize : imageSizeOf(opened, given, imageSizeOrigin(stage, given)),
    cut,
    isNative,
    restoresNorms: batchNorm === 'restored',
  };
}

/** The same of a stage that writes features. */
export function partOptions(
  stage: ContentsQuestion<InputSettings>,
  { imageSize, layer, layers, scale }: FeatureSettings,
  opened: OpenedGraph,
): PartOptions {
  const given = imageSize ?? opened.size ?? usualInput.imageSize;
  const isNative = scale !== undefined;
  return {
    imageSize: isNative ? given : imageSizeOf(opened, given, imageSizeOrigin(stage, given)),
    tensors: layers ?? (layer === undefined ? undefined : [layer]),
    setting: layers === undefined ? 'layer' : 'layers',
    isNative,
  };
}

/** The image size in pixels at which a file's network is listed. */
export const listedSize = (opened: OpenedGraph, imageSize: number): number =>
  imageSizeOf(opened, chosenSize(opened, imageSize));

/** The default size is not one that the user has chosen: that of the file counts. */
const chosenSize = ({ size }: OpenedGraph, imageSize: number): number =>
  imageSize === usualInput.imageSize ? (size ?? imageSize) : imageSize;
