import { z } from 'zod';
import { positiveName } from '../../../src/default-class-names.ts';
import { classSettings } from '../../../src/learning/metrics/scores/class-settings.ts';
import { units, videoSettings } from '../../../src/learning/metrics/scores/video-settings.ts';
import { inputSettings, withInput } from '../../../src/learning/models/input-settings.ts';
import { selectionSplit, trainSplit } from '../../../src/learning/training/splits.ts';
import { augmentSettings } from '../../../src/learning/vision/augment/augment-settings.ts';
import { count, text } from '../../../src/spec-parts.ts';
import { uniqueList } from '../../../src/unique-list.ts';
import { type Form, formNames, forms } from './forms.ts';

const once = (what: string) => uniqueList(text, what).min(1);

/**
 * A setting of some charts; its description begins with their names. Zod knows no default of it:
 * whether it was given decides whether it fits the chart, and each chart has its own default.
 */
const ofForms = <T extends z.ZodType>(name: string, setting: T, description: string) => {
  const owners = formNames.filter((form) => (forms[form] as Form).settings.includes(name));
  return setting.exactOptional().describe(`${owners.join(', ')}: ${description}`);
};

/** The settings of all forms; `spec.ts` checks which of them fit the form. */
const givenSettings = z.strictObject({
  chart: z
    .enum(formNames)
    .exactOptional()
    .describe('The chart to draw; default: the first one of the input.'),
  title: text
    .exactOptional()
    .describe('The title of the chart; by default it says what the chart shows.'),
  split: ofForms(
    'split',
    text,
    `The split to draw; default: ${selectionSplit} for components and neighbours, ${trainSplit} for comparison, else test.`,
  ),
  splits: ofForms('splits', once('split'), 'The splits to draw; default: all.'),
  over: ofForms(
    'over',
    once('axis'),
    'Axes whose runs become one line, their mean, with a band, or one matrix of all classes.',
  ),
  band: ofForms(
    'band',
    z.enum(['range', 'deviation']),
    'Minimum to maximum (range, the default), or one deviation.',
  ),
  images: ofForms(
    'images',
    count.max(60),
    'Images of each class, or whose neighbours are shown, default 6; of a batch, default 12; of label errors, default 24.',
  ),
  of: ofForms(
    'of',
    once('key'),
    'Keys of the images of the split whose neighbours are shown; default: some drawn at random.',
  ),
  seed: ofForms(
    'seed',
    z.int(),
    'Chooses images, and augments a batch as the seed of train does; default 7.',
  ),
  epoch: ofForms('epoch', count, 'The epoch whose first images are shown; default 1.'),
  bins: ofForms('bins', z.int().min(2).max(200), 'The approximate number of bins; default 40.'),
  scale: ofForms(
    'scale',
    z.enum(['share', 'count', 'native']),
    'Heights of a histogram: share of the class (the default), or images (count). Of a batch: native, as in train.',
  ),
  threshold: ofForms(
    'threshold',
    z.number(),
    `An image is called positive, such as ${positiveName}, when its score of this side minus that of the other is above this; default 0.`,
  ),
  positive: ofForms(
    'positive',
    classSettings.positive.unwrap(),
    classSettings.positive.description!,
  ),
  scoresAre: ofForms(
    'scoresAre',
    classSettings.scoresAre.unwrap(),
    classSettings.scoresAre.description!,
  ),
  by: ofForms('by', z.enum(units), 'What is judged: image (the default), group or video.'),
  aggregate: ofForms(
    'aggregate',
    videoSettings.aggregate.unwrap(),
    videoSettings.aggregate.description!,
  ),
  missing: ofForms('missing', videoSettings.missing.unwrap(), videoSettings.missing.description!),
  value: ofForms(
    'value',
    text,
    'The number, by its path in the metrics without "splits"; default test.auc.',
  ),
  label: ofForms(
    'label',
    text,
    'The name of the number in the title and at its axis; default: its path.',
  ),
  order: ofForms(
    'order',
    z.enum(['given', 'descending', 'ascending']),
    'The order of the models from top to bottom; default: descending.',
  ),
  rows: ofForms('rows', text, 'The axis from top to bottom; default: the first of the two axes.'),
  columns: ofForms('columns', text, 'The axis from left to right; default: the second.'),
  against: ofForms('against', text, 'The numeric axis from left to right; default: the only one.'),
  spec: ofForms(
    'spec',
    z.record(z.string(), z.json()),
    'A Vega-Lite spec without data: its data is the table.',
  ),
  imageSize: ofForms(
    'imageSize',
    inputSettings.imageSize.unwrap(),
    inputSettings.imageSize.description!,
  ),
  fit: ofForms('fit', inputSettings.fit.unwrap(), inputSettings.fit.description!),
  kernel: ofForms('kernel', inputSettings.kernel.unwrap(), inputSettings.kernel.description!),
  normalise: ofForms(
    'normalise',
    inputSettings.normalise.unwrap(),
    'As in train; the images are shown without it.',
  ),
  preprocessing: ofForms(
    'preprocessing',
    inputSettings.preprocessing.unwrap(),
    'A library’s resizing, as in train.',
  ),
  resize: ofForms(
    'resize',
    inputSettings.resize.unwrap(),
    'The resizing before a crop, as in train.',
  ),
  crop: ofForms('crop', inputSettings.crop.unwrap(), 'The crop after it, as in train.'),
  augment: ofForms('augment', augmentSettings, 'Random changes, as in train.'),
});
export const plotSettings = withInput(givenSettings);
export type PlotSettings = z.infer<typeof plotSettings>;
