/** What a form of chart is made of, and which settings it heeds besides `chart` and `title`. */
export interface Form {
  /** The input that it draws. */
  readonly port: string;
  /** What the picture shows, for the one who looks for it. */
  readonly summary: string;
  readonly settings: readonly string[];
  /** Those of them that must be given. */
  readonly required?: readonly string[];
}

/** How the kind draws: its forms by name. The first of a port is taken where `chart` is left out. */
export const forms = {
  curves: {
    port: 'history',
    summary: 'accuracy and loss against epoch; several runs overlaid, or their mean and band over axes',
    settings: ['splits', 'over', 'band'],
  },
  components: {
    port: 'features',
    summary: 'images by the two principal components of their features',
    settings: ['split'],
  },
  samples: {
    port: 'dataset',
    summary: 'some images of each class and split',
    settings: ['splits', 'images', 'seed'],
  },
  batch: {
    port: 'dataset',
    summary: 'training images as the network sees them, augmented',
    settings: ['images', 'seed', 'epoch', 'imageSize', 'fit', 'kernel', 'normalise', 'augment'],
  },
  statistics: {
    port: 'dataset',
    summary: 'how many images every split has of each class and source',
    settings: [],
  },
  comparison: {
    port: 'dataset',
    summary: 'real and fake images of several data sets side by side',
    settings: ['split', 'images', 'seed'],
  },
  histogram: {
    port: 'scores',
    summary: 'how the difference of the scores is distributed in each class',
    settings: ['split', 'bins', 'scale', 'threshold'],
  },
  confusion: {
    port: 'scores',
    summary: 'how many images of each class are called what',
    settings: ['split', 'threshold'],
  },
  errors: {
    port: 'scores',
    summary: 'false positive and false negative rate against the threshold, the equal error rate marked',
    settings: ['split', 'threshold'],
  },
  forest: {
    port: 'metrics',
    summary: 'a number of each model with its interval',
    settings: ['value', 'label', 'order'],
  },
  heatmap: {
    port: 'metrics',
    summary: 'a number over two axes, such as training set by test set',
    settings: ['value', 'label', 'rows', 'columns'],
  },
  lines: {
    port: 'metrics',
    summary: 'a number against an axis of numbers, such as the quality of a JPEG',
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

/** The ports that a form draws, in the order of the forms. */
export const formPorts: readonly string[] = [...new Set(Object.values(forms).map(({ port }) => port))];

/** The form of a stage: the one named, or the first of the port that is connected. */
export function formOf(chart: FormName | undefined, inputs: ReadonlySet<string>): FormName | undefined {
  return chart ?? formNames.find((name) => inputs.has(forms[name].port));
}
