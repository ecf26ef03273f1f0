import type { ContentsQuestion } from '../../stage.ts';
import { buildBackbone, buildUpTo, unfilledNetwork } from './graph-network.ts';
import { usualInput } from './input-settings.ts';
import {
  type BackboneSettings,
  backboneOptions,
  type FeatureSettings,
  listedSize,
  partOptions,
} from './network-options.ts';
import { networkPaths } from './network-paths.ts';
import { openGraphOnce } from './open-graph-once.ts';
import { withPreprocessing } from './preprocessing-input.ts';
import { withoutComputing } from './without-computing.ts';

// What stages would refuse of a file's network, before they run. Each builds what its stage builds,
// without the numbers of weights, and throws a {@link StageError}.

/** For a stage that trains the network up to its cut. */
export async function checkBackbone(stage: ContentsQuestion<BackboneSettings>): Promise<void> {
  const settings = withPreprocessing({ ...stage, log }, stage.settings, usualInput);
  const opened = openGraphOnce(networkPaths(stage)!);
  await withoutComputing(() => buildBackbone(opened, backboneOptions(stage, settings, opened)));
}

/** For a stage that writes features. */
export async function checkFeatures(stage: ContentsQuestion<FeatureSettings>): Promise<void> {
  const settings = withPreprocessing({ ...stage, log }, stage.settings);
  const opened = openGraphOnce(networkPaths(stage)!);
  await withoutComputing(() => buildUpTo(opened, partOptions(stage, settings, opened)));
}

/** For a stage that lists the layers. */
export async function checkListing(
  stage: ContentsQuestion<{ readonly imageSize: number }>,
): Promise<void> {
  const opened = openGraphOnce(networkPaths(stage)!);
  const size = listedSize(opened, stage.settings.imageSize);
  await withoutComputing(() => unfilledNetwork(opened, size));
}

const log = () => {};
