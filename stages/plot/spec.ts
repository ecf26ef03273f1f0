import { z } from 'zod';
import { classSettings } from '../../src/learning/metrics/class-settings.ts';
import { sidesMissing } from '../../src/learning/metrics/known-classes.ts';
import { inputSettings } from '../../src/learning/models/input-settings.ts';
import { selectionSplit, trainSplit } from '../../src/learning/training/splits.ts';
import { augmentSettings } from '../../src/learning/vision/augment/augment-settings.ts';
import { mistakeIf, oneInput } from '../../src/one-input.ts';
import { count, output, text } from '../../src/spec-parts.ts';
import { defineKind, type InputPort, type SettingMistake } from '../../src/stage.ts';
import { uniqueList } from '../../src/unique-list.ts';
import { type Form, type FormName, formNames, formOf, formPorts, forms } from './forms.ts';
import { specMistakes } from './table/spec-mistakes.ts';

const once = (what: string) => uniqueList(text, what).min(1);

/**
 * A setting of some charts; its description begins with their names. Zod knows no default of it:
 * whether it was given decides whether it fits the chart, and each chart has its own default.
 */
const ofForms = <T extends z.ZodType>(name: string, setting: T, description: string) => {
  const owners = formNames.filter((form) => (forms[form] as Form).settings.includes(name));
  return setting.exactOptional().describe(`${owners.join(', ')}: ${description}`);
};

const settings = z.strictObject({
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
  over: ofForms('over', once('axis'), 'Axes whose runs become one line, their mean, with a band.'),
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
    z.enum(['share', 'count']),
    'Heights: share of the class (the default), or images.',
  ),
  threshold: ofForms(
    'threshold',
    z.number(),
    'An image is called positive, such as fake, when its score of this side minus that of the other is above this; default 0.',
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
  augment: ofForms('augment', augmentSettings, 'Random changes, as in train.'),
});
export type PlotSettings = z.infer<typeof settings>;

type Port = InputPort<PlotSettings>;

/** A port, described by its charts: `curves: accuracy and …; batch: training images …`. */
function port(name: string, type: Port['type'], parts?: Port['parts']): Port {
  const own = formNames.filter(
    (form) => forms[form].port === name || (forms[form] as Form).beside === name,
  );
  const summary = `${own.map((form) => `${form}: ${forms[form].summary}`).join('; ')}.`;
  return { type, summary, list: true, optional: true, labelled: true, ...(parts && { parts }) };
}

/** The splits of a data set that its chart reads; undefined for all. */
function datasetParts(given: PlotSettings): readonly string[] | undefined {
  const form: FormName = formOf(given.chart, new Set(['dataset']))!;
  if (form === 'batch') return [trainSplit];
  if (form === 'label-errors') return [given.split ?? 'test'];
  return form === 'comparison' ? [given.split ?? trainSplit] : given.splits;
}

/** The mistakes in settings that do not fit the chart, the input or each other. */
function check(given: PlotSettings, inputs: ReadonlySet<string>): readonly SettingMistake[] {
  const name = formOf(given.chart, inputs);
  const form: Form | undefined = name && forms[name];
  const wrongInputs = oneInput(
    inputs,
    formPorts.filter((port) => port !== form?.beside),
  );
  if (wrongInputs.length > 0 || name === undefined || form === undefined) return wrongInputs;
  if (!inputs.has(form.port)) {
    const fitting = formNames.filter((other) => inputs.has(forms[other].port));
    const message = `the chart "${name}" draws the input "${form.port}"; charts of "${forms[fitting[0]!].port}" are: ${fitting.join(', ')}`;
    return [{ at: ['chart'], message }];
  }
  const missing = (form.required ?? []).filter((setting) => !Object.hasOwn(given, setting));
  return [
    ...mistakeIf(
      form.beside === 'dataset' && !inputs.has('dataset'),
      [],
      `the chart "${name}" also needs the input "dataset", which has the images`,
    ),
    ...Object.keys(given).flatMap((setting) => strayMistake(setting, name, form)),
    ...missing.map((setting) => ({
      at: [],
      message: `the chart "${name}" needs the setting "${setting}"`,
    })),
    ...together(given),
    ...(given.spec === undefined ? [] : specMistakes(given.spec)),
  ];
}

function strayMistake(
  setting: string,
  name: FormName,
  { settings }: Form,
): readonly SettingMistake[] {
  if (setting === 'chart' || setting === 'title' || settings.includes(setting)) return [];
  const owners = formNames.filter((other) => (forms[other] as Form).settings.includes(setting));
  const own =
    settings.length === 0 ? 'it has none but "title"' : `its own are ${settings.join(', ')}`;
  const message = `the chart "${name}" has no setting "${setting}", which belongs to ${owners.join(', ')}; ${own}`;
  return [{ at: [setting], message }];
}

/** Mistakes in settings that need another one, or must differ from another one. */
function* together({ band, over, rows, columns }: PlotSettings): Generator<SettingMistake> {
  if (band !== undefined && over === undefined) {
    yield {
      at: ['band'],
      message: 'a band is drawn around the mean of runs: name the axes of the runs by "over"',
    };
  }
  if (rows !== undefined && rows === columns) {
    yield {
      at: ['columns'],
      message: `expected another axis than that of "rows", got "${rows}" for both`,
    };
  }
}

export const spec = defineKind<PlotSettings>({
  name: 'plot',
  version: 18,
  summary: `Draws a chart of one of its inputs: ${formNames.join(', ')}.`,
  settings,
  inputs: {
    history: port('history', 'history'),
    features: port('features', 'features', ({ chart, split }) =>
      chart === 'neighbours' ? undefined : [split ?? selectionSplit],
    ),
    dataset: port('dataset', 'dataset', datasetParts),
    scores: port('scores', 'scores'),
    metrics: port('metrics', 'metrics'),
    table: port('table', ['table', 'metrics', 'scores', 'history', 'files']),
  },
  axes: {
    over: ['history', 'metrics'],
    rows: ['metrics'],
    columns: ['metrics'],
    against: ['metrics'],
  },
  outputs: { chart: output.chart('Vega-Lite spec with its data, SVG and PNG.') },
  check,
  checkInputs: ({ chart = 'histogram', positive }, inputs) => {
    const drawsSides =
      ['histogram', 'errors'].includes(chart) ||
      (chart === 'confusion' && inputs('scores').length > 1);
    return drawsSides
      ? sidesMissing(positive, inputs, 'scores', { showsOne: chart === 'confusion' })
      : [];
  },
  example: `curves:
  kind: plot
  inputs: { history: [fit.history] }
`,
});
