import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PreparationPlan } from './plan-preparation.ts';
import type { PredictionSubject } from './prediction-subject.ts';
import { type LoneHost, runKind } from './run-kind.ts';

/** Where images are prepared; paths are absolute. */
interface PreparationPlace {
  /** A folder for what only the scores need. */
  readonly work: string;
  /** The folder of what the user gets. */
  readonly out: string;
}

/**
 * Makes what a model sees of videos or images. Gives the path of a data set, or of the user's
 * folder where nothing was made.
 */
export async function prepareImages(
  subject: PredictionSubject,
  { frames, faces }: PreparationPlan,
  { work, out }: PreparationPlace,
  host: LoneHost,
): Promise<string> {
  const scratch = join(work, 'scratch');
  let images = subject.type === 'images' ? subject.folder : '';
  if (frames !== undefined && subject.type === 'videos') {
    const { kind, settings } = frames;
    const folder = join(work, 'frames');
    const videos = subject.paths.map((path) => ({ path, labels: { path } }));
    const ports = Object.keys(kind.spec.outputs);
    await runKind(kind, { settings, inputs: { videos }, ports, folder, scratch }, host);
    images = join(folder, 'dataset');
  }
  if (faces !== undefined) {
    const { kind, settings, files } = faces;
    const folder = join(work, 'faces');
    const inputs = { ...files, images: [{ path: images, labels: {} }] };
    const ports = Object.keys(kind.spec.outputs);
    await runKind(kind, { settings, inputs, ports, folder, scratch }, host);
    copyFileSync(join(folder, 'missing.csv'), join(out, 'missing.csv'));
    images = join(folder, 'dataset');
  }
  return images;
}
