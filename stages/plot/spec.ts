import { z } from 'zod';
import { inputSettings } from '../../src/learning/models/input-settings.ts';
import { selectionSplit, trainSplit } from '../../src/learning/training/split-names.ts';
import { augmentSettings } from '../../src/learning/vision/augment/augment-settings.ts';
import { oneInput } from '../../src/one-input.ts';
import { defineKind, type InputPort, type SettingMistake } from '../../src/stage.ts';
import { type Form, type FormName, formNames, formOf, formPorts, forms } from './forms.ts';
import { specMistakes } from './table/spec-mistakes.ts';

const once = (what: string, least: number) =>
  z
    .array(z.string().min(1))
    .min(least)
    .refine((list) => new Set(list).size === list.length, `expected every ${what} once`);

/**
 * Settings of forms have no default here: whether one is given decides whether it fits the form, and each form has its
 * own. What they are about begins with the forms that heed them.
 */
const ofForms = <T extends z.ZodType>(name: string, setting: T, text: string) =>
  setting.exactOptional().describe(`${formsWith(name).join(', ')}: ${text}`);

const formsWith = (setting: string) =>
  formNames.filter((name) => (forms[name].settings as readonly string[]).includes(setting));

const image = (name: 'imageSize' | 'fit' | 'kernel') => inputSettings[name].description!;

const settings = z.strictObject({
  chart: z
    .enum(formNames)
    .exactOptional()
    .describe('What is drawn of the input; when left out, the first that is said of it.'),
  title: z.string().min(1).exactOptional().describe('The title of the chart; by default it says what the chart shows.'),
  split: ofForms(
    'split',
    z.string().min(1),
    `The split that is drawn; components: ${selectionSplit}, comparison: ${trainSplit}, else test.`,
  ),
  splits: ofForms('splits', once('split', 1), 'The splits that are drawn; all when left out.'),
  over: ofForms('over', once('axis', 1), 'Axes whose runs become one line, their mean, and a band.'),
  band: ofForms('band', z.enum(['range', 'deviation']), 'From the least to the greatest (range), or one deviation.'),
  images: ofForms('images', z.int().positive().max(60), 'Images of each class, 6; of a batch 12.'),
  seed: ofForms('seed', z.int(), 'Decides which images, and how a batch is augmented, as that of train does; 7.'),
  epoch: ofForms('epoch', z.int().positive(), 'The epoch whose first images are shown; 1.'),
  bins: ofForms('bins', z.int().min(2).max(200), 'About so many bins; 40.'),
  scale: ofForms('scale', z.enum(['share', 'count']), 'Share of the class in each bin, or its images; share.'),
  threshold: ofForms(
    'threshold',
    z.number(),
    'The difference of the scores above which an image is called fake; 0, as a model decides.',
  ),
  value: ofForms('value', z.string().min(1), 'The number, by its path in the metrics, "splits" left out; test.auc.'),
  label: ofForms(
    'label',
    z.string().min(1),
    'What the number is called in the title and at its axis, such as "AUC on test"; its path when left out.',
  ),
  order: ofForms(
    'order',
    z.enum(['given', 'descending', 'ascending']),
    'Of the models from top to bottom; descending.',
  ),
  rows: ofForms('rows', z.string().min(1), 'The axis from top to bottom; the first of the two axes when left out.'),
  columns: ofForms('columns', z.string().min(1), 'The axis from left to right; the second when left out.'),
  against: ofForms('against', z.string().min(1), 'The axis of numbers from left to right; the only one when left out.'),
  spec: ofForms('spec', z.record(z.string(), z.json()), 'Vega-Lite, without data: the rows of the table are its data.'),
  imageSize: ofForms('imageSize', inputSettings.imageSize.unwrap(), image('imageSize')),
  fit: ofForms('fit', inputSettings.fit.unwrap(), image('fit')),
  kernel: ofForms('kernel', inputSettings.kernel.unwrap(), image('kernel')),
  normalise: ofForms(
    'normalise',
    inputSettings.normalise.unwrap(),
    'As in train; it is undone before the images are shown.',
  ),
  augment: ofForms('augment', augmentSettings, 'Random changes, as in train.'),
});
export type PlotSettings = z.infer<typeof settings>;

/** `curves: accuracy and …; batch: training images …`, of the forms of a port. */
function summaryOf(port: string): string {
  const own = formNames.filter((name) => forms[name].port === port);
  if (own.length === 1) return `${own[0]}: ${forms[own[0]!].summary}.`;
  return `${own.map((name) => `${name}: ${forms[name].summary}`).join('; ')}.`;
}

type Port = InputPort<PlotSettings>;
const port = (name: string, type: Port['type'], parts?: Port['parts']): Port => ({
  ...{ type, summary: summaryOf(name), list: true, optional: true, labelled: true },
  ...(parts !== undefined && { parts }),
});

/** Of a data set all is read, where a form shows all splits. */
function datasetParts(given: PlotSettings): readonly string[] | undefined {
  const form: FormName = formOf(given.chart, new Set(['dataset']))!;
  switch (form) {
    case 'batch':
      return [trainSplit];
    case 'comparison':
      return [given.split ?? trainSplit];
    default:
      return given.splits;
  }
}

/** What every form heeds. */
const ofAll = ['chart', 'title'];

/** The mistakes of settings that do not go with the form of chart, or with the input. */
function check(given: PlotSettings, inputs: ReadonlySet<string>): readonly SettingMistake[] {
  const wrongInputs = oneInput(inputs, formPorts);
  if (wrongInputs.length > 0) return wrongInputs;
  const name = formOf(given.chart, inputs)!;
  const form: Form = forms[name];
  if (!inputs.has(form.port)) return [wrongPort(name, form, inputs)];
  return [
    ...Object.keys(given).flatMap((setting) => strayMistake(setting, name, form)),
    ...(form.required ?? [])
      .filter((setting) => !Object.hasOwn(given, setting))
      .map((setting) => ({ at: [], message: `the chart "${name}" needs the setting "${setting}"` })),
    ...together(given),
    ...(given.spec === undefined ? [] : specMistakes(given.spec)),
  ];
}

/** Settings that say something only beside another one, or not the same. */
function* together({ band, over, rows, columns }: PlotSettings): Generator<SettingMistake> {
  if (band !== undefined && over === undefined) {
    const message = 'a band is drawn around the mean of runs, and none are put together: name their axes by "over"';
    yield { at: ['band'], message };
  }
  if (rows !== undefined && rows === columns) {
    yield { at: ['columns'], message: `expected another axis than that of "rows", got "${rows}" for both` };
  }
}

function wrongPort(name: FormName, form: Form, inputs: ReadonlySet<string>): SettingMistake {
  const fitting = formNames.filter((other) => inputs.has(forms[other].port));
  const connected = forms[fitting[0]!].port;
  const message = `the chart "${name}" draws the input "${form.port}"; of "${connected}" there ${fitting.length === 1 ? 'is' : 'are'} ${fitting.join(', ')}`;
  return { at: ['chart'], message };
}

function strayMistake(setting: string, name: FormName, { settings }: Form): readonly SettingMistake[] {
  if (ofAll.includes(setting) || settings.includes(setting)) return [];
  const owners = formNames.filter((other) => (forms[other] as Form).settings.includes(setting));
  const heeds = settings.length === 0 ? 'it has no settings but its title' : `it heeds ${settings.join(', ')}`;
  const message = `the chart "${name}" does not heed "${setting}", which is a setting of ${owners.join(', ')}; ${heeds}`;
  return [{ at: [setting], message }];
}

export const spec = defineKind<PlotSettings>({
  name: 'plot',
  version: 11,
  summary: `Draws a chart of one of its inputs: ${formNames.join(', ')}.`,
  settings,
  inputs: {
    history: port('history', 'history'),
    features: port('features', 'features', ({ split }) => [split ?? selectionSplit]),
    dataset: port('dataset', 'dataset', datasetParts),
    scores: port('scores', 'scores'),
    metrics: port('metrics', 'metrics'),
    table: port('table', ['table', 'metrics', 'scores', 'history', 'files']),
  },
  axes: { over: ['history', 'metrics'], rows: ['metrics'], columns: ['metrics'], against: ['metrics'] },
  outputs: { chart: { type: 'chart', summary: 'Vega-Lite spec with its data, SVG and PNG.' } },
  check,
  example: `curves:
  kind: plot
  inputs: { history: [fit.history] }
`,
});
