import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { openDataset } from '../../learning/vision/dataset/open-dataset.ts';
import { StageError } from '../../stage.ts';
import type { FacesSettings, PreparationPlan } from './plan-preparation.ts';
import type { PredictionSubject } from './prediction-subject.ts';
import { type LoneHost, runKind } from './run-kind.ts';

/** Where images are prepared; paths are absolute. */
interface PreparationPlace {
  /** A folder for what only the scores need. */
  readonly work: string;
  /** The folder of what the user gets. */
  readonly out: string;
}

/** The outputs that are used; sheets of a training set are not drawn. */
const facesPorts = ['dataset', 'faces', 'missing'];

/**
 * Makes what a model sees of videos or images. Gives the path of a data set, or of the user's
 * folder where nothing was made. Videos without a face stay in the data set, without an image.
 * Throws a {@link StageError} for pictures of which none shows a face.
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
    const stage = { settings, inputs: { videos }, ports, folder, scratch, isForPrediction: true };
    await runKind(kind, stage, host);
    images = join(folder, 'dataset');
  }
  if (faces !== undefined) {
    const { kind, settings, files } = faces;
    const folder = join(work, 'faces');
    const inputs = { ...files, images: [{ path: images, labels: {} }] };
    const ports = facesPorts;
    await runKind(kind, { settings, inputs, ports, folder, scratch, isForPrediction: true }, host);
    copyFileSync(join(folder, 'missing.csv'), join(out, 'missing.csv'));
    images = join(folder, 'dataset');
    if (isEmpty(images)) tellNoFaces(subject, settings, host);
  }
  return images;
}

function isEmpty(dataset: string): boolean {
  using opened = openDataset(dataset);
  return opened.splits.every((name) => opened.split(name).samples.length === 0);
}

/** Says what helps where no image shows a face: of what a user of the command can give. */
function tellNoFaces(
  { type }: PredictionSubject,
  { minScore, minSize }: FacesSettings,
  host: LoneHost,
): void {
  const lack = `shows a face of ${minSize} pixels with a score of ${minScore} or more that can be cut`;
  if (type === 'images')
    throw new StageError(`None of the images ${lack}. --whole scores them as they are.`);
  host.onWarning(
    `No frame ${lack}, so no video has a score; missing.csv says why. More frames may show one, as by --frames "every: 1". --whole scores whole frames.`,
  );
}
