import { basename } from 'node:path';
import type { TopLevelSpec } from 'vega-lite';
import { formatCount, formatShare } from '../../src/format-numbers.ts';
import {
  captionOf,
  type ImageBlock,
  imageSheet,
  sheetWithout,
} from '../../src/learning/charts/image-sheet.ts';
import { thumbnail } from '../../src/learning/vision/thumbnail.ts';
import type { NewImage } from './new-images.ts';
import type { Prediction } from './score-images.ts';
import { formatMoment } from './scored-videos.ts';

/** Images in a line, and the classes that are shown, the most frequent first. */
const across = 6;
const mostClasses = 8;

/**
 * A line of the most certain images of each class, and two of the least certain ones of all;
 * without `pictures` their names and probabilities alone.
 */
export async function certaintySheet(
  classes: readonly string[],
  predictions: readonly Prediction[],
  pictures: boolean,
): Promise<TopLevelSpec> {
  const title = `New images, ${formatCount(predictions.length)} in all`;
  if (predictions.length === 0)
    return sheetWithout('no image to score', { title, subtitle: 'No video has an image.' });
  const sure = predictions.toSorted((a, b) => b.certainty - a.certainty);
  const byClass = classes.map((name, c) => ({
    name,
    members: sure.filter(({ called }) => called === c),
  }));
  const calledClasses = byClass
    .filter(({ members }) => members.length > 0)
    .sort((a, b) => b.members.length - a.members.length);
  const blocks = [
    ...calledClasses.slice(0, mostClasses).map(({ name, members }) => ({
      header: `Most certain of ${formatCount(members.length)} called ${name}`,
      images: members.slice(0, across),
    })),
    { header: 'Least certain', images: sure.slice(-2 * across).reverse() },
  ];
  const draw = async ({ header, images }: (typeof blocks)[number]): Promise<ImageBlock> => ({
    header,
    cells: await Promise.all(
      images.map(async ({ image, called, certainty }) => ({
        ...(pictures ? { image: await thumbnail(await image.read()) } : { lack: 'not shown' }),
        caption: captionOf([classes[called]!, formatShare(certainty), ...namesOf(image)]),
        description: `${image.path}: ${classes[called]} ${formatShare(certainty)}`,
      })),
    ),
  });
  const areOfVideos = predictions.every(({ image }) => image.video !== undefined);
  const name = areOfVideos ? 'its video with the time' : 'its name';
  return imageSheet({
    title,
    subtitle: `Below each image: the class that it is called, the probability of this class, and ${name}.`,
    blocks: (await Promise.all(blocks.map(draw))).map((block) => [block]),
    across,
  });
}

/** What names an image below it: the files of frames are numbers, so their video names them. */
const namesOf = (image: NewImage): readonly string[] =>
  image.video === undefined ? [basename(image.path)] : [image.video, formatMoment(image)];
