import type { TopLevelSpec } from 'vega-lite';
import { formatCountOf, formatShare } from '../../src/format-numbers.ts';
import {
  chart,
  domainOf,
  type Part,
  panelHeader,
  quantity,
  ruleAt,
  share,
  textAt,
  withField,
} from '../../src/learning/charts/encoders.ts';
import { sheetWithout } from '../../src/learning/charts/image-sheet.ts';
import { ink, palette } from '../../src/learning/charts/theme.ts';
import { nearestTooltip, rowOf } from '../../src/learning/charts/tooltips.ts';
import { thumbnail } from '../../src/learning/vision/thumbnail.ts';
import { formatMoment, type Moment, type ScoredVideo, timeOf } from './scored-videos.ts';

/** Videos that are drawn, those most of the followed class. */
const mostVideos = 8;
const width = 400;
const height = 150;
/** Side of a picture, in units, and the room between things beside each other. */
const side = 116;
const gap = 12;

/**
 * A row for each video: the probability of a class over time, and with `pictures` the images where
 * it is highest and lowest. `rule` says how the images of a video are joined.
 */
export async function timelineChart(
  classes: readonly string[],
  videos: readonly ScoredVideo[],
  { rule, pictures }: { readonly rule: string; readonly pictures: boolean },
): Promise<TopLevelSpec> {
  const title = 'Scores over time';
  if (videos.length === 0)
    return sheetWithout('no image to score', { title, subtitle: 'No video has an image.' });
  const drawn = videos.slice(0, mostVideos);
  const rows = await Promise.all(
    drawn.map((video) => (pictures ? rowOfVideo(classes, video) : panel(classes, video))),
  );
  const images = videos.reduce((sum, { moments }) => sum + moments.length, 0);
  const several = `${drawn.length} of ${formatCountOf(videos.length, 'video')}, ${formatCountOf(images, 'image')}`;
  const all = `${formatCountOf(videos.length, 'video')}, ${formatCountOf(images, 'image')}`;
  const count = drawn.length < videos.length ? several : all;
  const shown = pictures
    ? '; pictures: the images with the highest and the lowest probability'
    : '';
  const subtitle = `${count}; dashed: the video, by ${rule}${shown}`;
  const beside = pictures ? 2 * side : 0;
  return chart(title, subtitle, width + beside + 80, { spacing: 34, vconcat: rows });
}

async function rowOfVideo(classes: readonly string[], video: ScoredVideo): Promise<Part> {
  const pictures = await Promise.all(
    [video.highest, video.lowest].map(({ image }) => image.read().then(thumbnail)),
  );
  return {
    spacing: 2 * gap,
    hconcat: [panel(classes, video), pictureParts(video, pictures)],
  };
}

function panel(classes: readonly string[], video: ScoredVideo): Part {
  const { moments, probabilities, followed, highest, lowest } = video;
  const name = classes[followed]!;
  const hasTimes = moments.every(({ image }) => image.time !== undefined);
  const rows = moments.map(({ image, probability }) => ({ time: timeOf(image), probability }));
  const x = quantity('time', hasTimes ? 'Time (s)' : 'Image of the video', {
    domain: domainOf(rows.map(({ time }) => time)),
  });
  const y = share('probability', `Probability of ${name}`);
  const ends = [highest, lowest].map(({ image, probability }, i) => ({
    time: timeOf(image),
    probability,
    colour: colours[i]!,
  }));
  const called = `: ${name} ${formatShare(probabilities[followed]!)}`;
  return {
    width,
    height,
    data: { values: rows },
    layer: [
      ruleAt('y', probabilities[followed]!, y),
      { mark: { type: 'line' }, encoding: { x, y } },
      { mark: { type: 'point', color: palette[0], opacity: 1, size: 30 }, encoding: { x, y } },
      {
        data: { values: ends },
        mark: { type: 'point', opacity: 1, size: 110 },
        encoding: {
          x: withField(x, 'time'),
          y: withField(y, 'probability'),
          fill: { field: 'colour', type: 'nominal', scale: null },
        },
      },
      nearestTooltip([rowOf(x), rowOf(y)], { x, y, along: ['x'] }),
      panelHeader(video.video, called, width, 18), // above points at 1
    ],
  };
}

/** The colours of the highest and the lowest image, in the panel and around the picture. */
const colours = [palette[1], palette[2]] as const;

function pictureParts({ highest, lowest }: ScoredVideo, pictures: readonly string[]): Part {
  const cells = [highest, lowest].map((moment, i) => ({
    x: i * (side + gap),
    y: 0,
    image: pictures[i]!,
    colour: colours[i]!,
    description: `${i === 0 ? 'highest' : 'lowest'}: ${describe(moment).join(' ')}`,
  }));
  const position = (field: string) => ({ field, type: 'quantitative', scale: null, axis: null });
  const x = position('x');
  const y = position('y');
  const description = { field: 'description', type: 'nominal' };
  const frame = {
    type: 'point',
    shape: 'square',
    filled: false,
    opacity: 1,
    size: side * side,
    strokeWidth: 3,
    xOffset: side / 2,
    yOffset: side / 2,
    aria: false,
  };
  const captions = [highest, lowest].map((moment, i) =>
    textAt(i * (side + gap) + side / 2, side + 8, describe(moment), {
      align: 'center',
      baseline: 'top',
      fontSize: 11,
      lineHeight: 14,
      color: ink.medium,
    }),
  );
  return {
    width: 2 * side + gap,
    height,
    data: { values: cells },
    layer: [
      {
        mark: { type: 'image', width: side, height: side, align: 'left', baseline: 'top' },
        encoding: {
          x,
          y,
          url: { field: 'image', type: 'nominal' },
          description,
          tooltip: { ...description, title: 'title' },
        },
      },
      { mark: frame, encoding: { x, y, stroke: { ...description, field: 'colour', scale: null } } },
      ...captions,
    ],
  };
}

const describe = ({ image, probability }: Moment): readonly string[] => [
  formatShare(probability),
  `at ${formatMoment(image)}`,
];
