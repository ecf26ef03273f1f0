import { sidesMissing } from '../../src/learning/metrics/known-classes.ts';
import { inputMistakes } from '../../src/learning/models/input-mistakes.ts';
import { selectionSplit, trainSplit } from '../../src/learning/training/splits.ts';
import { mistakeIf, oneInput } from '../../src/setting-mistakes.ts';
import { output } from '../../src/spec-parts.ts';
import { defineKind, type InputPort, type SettingMistake } from '../../src/stage.ts';
import { type Form, type FormName, formNames, formOf, formPorts, forms } from './forms/forms.ts';
import { type PlotSettings, plotSettings } from './forms/settings.ts';
import { specMistakes } from './table/spec-mistakes.ts';

type Port = InputPort<PlotSettings>;

/** A port, described by its charts: `curves: accuracy and …; batch: training images …`. */
function port(name: string, type: Port['type'], parts?: Port['parts']): Port {
  const ownForms = formNames.filter(
    (form) => forms[form].port === name || (forms[form] as Form).beside === name,
  );
  const summary = `${ownForms.map((form) => `${form}: ${forms[form].summary}`).join('; ')}.`;
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
    const fitting = formNames.filter((candidate) => inputs.has(forms[candidate].port));
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
    ...batchMistakes(given, inputs),
    ...(given.spec === undefined ? [] : specMistakes(given.spec)),
  ];
}

function strayMistake(
  setting: string,
  name: FormName,
  { settings }: Form,
): readonly SettingMistake[] {
  if (setting === 'chart' || setting === 'title' || settings.includes(setting)) return [];
  const owners = formNames.filter((owner) => (forms[owner] as Form).settings.includes(setting));
  const hint =
    settings.length === 0 ? 'it has none but "title"' : `its own are ${settings.join(', ')}`;
  const message = `the chart "${name}" has no setting "${setting}", which belongs to ${owners.join(', ')}; ${hint}`;
  return [{ at: [setting], message }];
}

/** A batch has the settings of `train`, among them a scale that is not that of a histogram. */
function batchMistakes(
  { scale, ...given }: PlotSettings,
  inputs: ReadonlySet<string>,
): readonly SettingMistake[] {
  const isBatch = formOf(given.chart, inputs) === 'batch';
  const expected = isBatch ? 'native' : 'share or count';
  const isFitting = scale === undefined || (scale === 'native') === isBatch;
  return [
    ...mistakeIf(!isFitting, ['scale'], `expected ${expected} for this chart, got ${scale}`),
    ...inputMistakes(scale === 'native' ? { ...given, scale } : given, inputs),
  ];
}

/** Mistakes in settings that need another one, or must differ from another one. */
function* together(given: PlotSettings): Generator<SettingMistake> {
  const { band, over, rows, columns } = given;
  const ofSides = (['positive', 'threshold'] as const).find((name) => given[name] !== undefined);
  if (given.chart === 'confusion' && over !== undefined && ofSides !== undefined) {
    yield {
      at: [ofSides],
      message: `"over" draws the mean matrix of all classes, so it does not go with "${ofSides}"`,
    };
  }
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
  version: 20,
  summary: `Draws a chart of one of its inputs: ${formNames.join(', ')}.`,
  settings: plotSettings,
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
    over: ['history', 'metrics', 'scores'],
    rows: ['metrics'],
    columns: ['metrics'],
    against: ['metrics'],
  },
  outputs: { chart: output.chart('Vega-Lite spec with its data, SVG and PNG.') },
  check,
  checkInputs: ({ chart = 'histogram', over, positive }, inputs) => {
    const drawsSides =
      ['histogram', 'errors'].includes(chart) ||
      (chart === 'confusion' && inputs('scores').length > 1 && over === undefined);
    return drawsSides
      ? sidesMissing(positive, inputs, 'scores', { showsOne: chart === 'confusion' })
      : [];
  },
  example: `curves:
  kind: plot
  inputs: { history: [fit.history] }
`,
});
