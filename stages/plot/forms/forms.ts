import { inputSettingNames } from '../../../src/learning/models/input-settings.ts';

/** A form of chart: the input that it draws, and its settings besides `chart` and `title`. */
export interface Form {
  readonly port: string;
  /** A second input, which has the images that it shows. */
  readonly beside?: 'dataset';
  readonly summary: string;
  readonly settings: readonly string[];
  readonly required?: readonly string[];
}

/** The settings of `train` that decide how a training image looks. */
const ofTraining = inputSettingNames.filter((name) => name !== 'largest');

/** How videos are judged. */
const ofVideos = ['by', 'aggregate', 'missing'] as const;

/** The forms by name. The first one of a port is drawn by default. */
export const forms = {
  curves: {
    port: 'history',
    summary:
      'accuracy and loss against epoch; several runs overlaid, or their mean and band over axes',
    settings: ['splits', 'over', 'band'],
  },
  components: {
    port: 'features',
    summary: 'images by the first two principal components of their features',
    settings: ['split'],
  },
  neighbours: {
    port: 'features',
    beside: 'dataset',
    summary: 'images and those of the most similar features, by cosine',
    settings: ['split', 'images', 'seed', 'of'],
  },
  samples: {
    port: 'dataset',
    summary: 'sample images of each class and split',
    settings: ['splits', 'images', 'seed'],
  },
  batch: {
    port: 'dataset',
    summary: 'training images as the network sees them, augmented',
    settings: ['images', 'seed', 'epoch', ...ofTraining, 'augment'],
  },
  statistics: {
    port: 'dataset',
    summary: 'how many images of each class and source every split has',
    settings: [],
  },
  comparison: {
    port: 'dataset',
    summary: 'images of each class of several data sets side by side',
    settings: ['split', 'images', 'seed'],
  },
  histogram: {
    port: 'scores',
    summary: 'the distribution of the score differences in each class',
    settings: ['split', 'bins', 'scale', 'threshold', 'positive', 'scoresAre', ...ofVideos],
  },
  confusion: {
    port: 'scores',
    summary:
      'the confusion matrix: images of each class by the class they are called; with many classes the most confused pairs; of several runs their mean over axes',
    settings: ['split', 'over', 'threshold', 'positive', 'scoresAre', ...ofVideos],
  },
  errors: {
    port: 'scores',
    summary:
      'false positive and false negative rates against the threshold, with the equal error rate',
    settings: ['split', 'threshold', 'positive', 'scoresAre', ...ofVideos],
  },
  'label-errors': {
    port: 'scores',
    beside: 'dataset',
    summary:
      'images that models which did not see them call another class than their label, the least likely label first',
    settings: ['split', 'images', 'scoresAre'],
  },
  forest: {
    port: 'metrics',
    summary: 'a number of each model, with its interval',
    settings: ['value', 'label', 'order'],
  },
  heatmap: {
    port: 'metrics',
    summary: 'a number over two axes, such as training set by test set',
    settings: ['value', 'label', 'rows', 'columns'],
  },
  lines: {
    port: 'metrics',
    summary: 'a number against a numeric axis, such as the JPEG quality',
    settings: ['value', 'label', 'against', 'over'],
  },
  free: {
    port: 'table',
    summary: 'a Vega-Lite spec of your own over any table',
    settings: ['spec'],
    required: ['spec'],
  },
} as const satisfies Readonly<Record<string, Form>>;

export type FormName = keyof typeof forms;

export const formNames = Object.keys(forms) as [FormName, ...FormName[]];

export const formPorts: readonly string[] = [
  ...new Set(Object.values(forms).map(({ port }) => port)),
];

/** The form that a stage draws: the one named, or the first one of the connected port. */
export function formOf(
  chart: FormName | undefined,
  inputs: ReadonlySet<string>,
): FormName | undefined {
  return chart ?? formNames.find((name) => inputs.has(forms[name].port));
}
