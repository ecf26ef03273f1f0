/** A figure of docs/gallery.md: an output of a stage of pipelines/gallery.yaml. */
export interface Figure {
  readonly stage: string;
  /** An output with a picture or, of a `table`, a CSV or Markdown file. */
  readonly port: string;
  /** What it shows. */
  readonly title: string;
  /** Its form; by default a chart. */
  readonly form?: 'drawing' | 'table';
  /** Of a table: the columns that the page shows, in this order; by default all. */
  readonly columns?: readonly string[];
}

/** A chapter of the page. */
export interface Chapter {
  readonly title: string;
  readonly figures: readonly Figure[];
}

/** The page in its order. Figures of one stage follow each other, and share its YAML. */
export const chapters: readonly Chapter[] = [
  {
    title: 'Images',
    figures: [
      { stage: 'samples', port: 'chart', title: 'Images of each class' },
      { stage: 'batch', port: 'chart', title: 'A batch as training sees it, augmented' },
      { stage: 'counts', port: 'chart', title: 'How many images each class and split has' },
      { stage: 'sets', port: 'chart', title: 'Two data sets side by side' },
      {
        stage: 'audit',
        port: 'shortcuts',
        title: 'Shortcuts: what separates the classes without a face',
      },
      {
        stage: 'audit',
        port: 'means',
        title: 'The mean image of each class, and their difference',
      },
      { stage: 'audit', port: 'spectrum', title: 'The power spectrum of each class' },
    ],
  },
  {
    title: 'Networks and trainings',
    figures: [
      { stage: 'drawing', port: 'drawing', title: 'A network, drawn', form: 'drawing' },
      {
        stage: 'drawing',
        port: 'layers',
        title: 'Its layers, counted',
        form: 'table',
        columns: ['layer', 'does', 'output', 'parameters', 'multiply-adds'],
      },
      { stage: 'curves', port: 'chart', title: 'Curves of a training' },
      { stage: 'seeds', port: 'chart', title: 'Curves of several seeds: mean and range' },
      {
        stage: 'trends',
        port: 'kept',
        title: 'Which epoch was kept, and whether the network learned',
        form: 'table',
        columns: [
          'seed',
          'kept',
          'train accuracy',
          'val accuracy',
          'test accuracy',
          'collapsed to',
        ],
      },
      { stage: 'activity', port: 'table', title: 'Stuck and dead networks', form: 'table' },
    ],
  },
  {
    title: 'Scores',
    figures: [
      { stage: 'scores', port: 'mistakes', title: 'The most confident mistakes' },
      { stage: 'both', port: 'roc', title: 'ROC curves of two models' },
      { stage: 'both', port: 'det', title: 'DET curves, with the equal error rate' },
      { stage: 'both', port: 'precisionRecall', title: 'Precision and recall' },
      { stage: 'both', port: 'reliability', title: 'Calibration' },
      {
        stage: 'both',
        port: 'table',
        title: 'Models by AUC, with intervals',
        form: 'table',
        columns: ['rank', 'model', 'images', 'auc', 'aucLow', 'aucHigh', 'equalErrorRate'],
      },
      {
        stage: 'both',
        port: 'tests',
        title: 'Paired tests of two models',
        form: 'table',
        columns: ['one', 'other', 'aucDifference', 'aucLow', 'aucHigh', 'aucP', 'aucTest'],
      },
      { stage: 'histogram', port: 'chart', title: 'Scores of each class' },
      { stage: 'confusion', port: 'chart', title: 'Confusion matrix' },
      { stage: 'errors', port: 'chart', title: 'Error rates by threshold' },
      { stage: 'labels', port: 'chart', title: 'Labels that may be wrong' },
      { stage: 'forest', port: 'chart', title: 'A number of each model, with its interval' },
      { stage: 'table', port: 'chart', title: 'Several numbers over seeds' },
      { stage: 'table', port: 'markdown', title: 'The same as a table', form: 'table' },
      { stage: 'competition', port: 'chart', title: 'AUC against size, and the Pareto front' },
      { stage: 'competition', port: 'ranking', title: 'A row for each model, by rank' },
      { stage: 'competition', port: 'markdown', title: 'A leaderboard', form: 'table' },
      { stage: 'cross', port: 'chart', title: 'Trained on one set, tested on others' },
    ],
  },
  {
    title: 'What changes an answer',
    figures: [
      { stage: 'lines', port: 'chart', title: 'AUC by the quality of JPEG' },
      {
        stage: 'robustness',
        port: 'chart',
        title: 'The same against the unchanged images, tested',
      },
      { stage: 'bias', port: 'chart', title: 'What a detector decides by' },
    ],
  },
  {
    title: 'Sweeps',
    figures: [
      { stage: 'sweep', port: 'importance', title: 'Which settings matter' },
      { stage: 'sweep', port: 'slices', title: 'Each setting against the result' },
      { stage: 'sweep', port: 'parallel', title: 'All trials as parallel coordinates' },
      { stage: 'chosen', port: 'frontChart', title: 'The Pareto front of a search' },
      { stage: 'chosen', port: 'curve', title: 'The best so far' },
    ],
  },
  {
    title: 'Features',
    figures: [
      { stage: 'map', port: 'chart', title: 'A map of the images' },
      { stage: 'components', port: 'chart', title: 'Principal components' },
      { stage: 'neighbours', port: 'chart', title: 'Nearest neighbours' },
    ],
  },
  {
    title: 'Where a network looks',
    figures: [
      { stage: 'saliency', port: 'sheet', title: 'Saliency maps' },
      { stage: 'saliency', port: 'means', title: 'Mean maps, and those of the untrained network' },
      { stage: 'gradcam', port: 'sheet', title: 'Class activation maps of two methods' },
      { stage: 'faithful', port: 'curves', title: 'Insertion and deletion' },
      { stage: 'faithful', port: 'ranking', title: 'Methods against a control' },
      { stage: 'faithful', port: 'randomisation', title: 'Maps while weights are randomised' },
    ],
  },
  {
    title: 'New images, and your own charts',
    figures: [
      { stage: 'predicted', port: 'sheet', title: 'Images without labels' },
      { stage: 'own', port: 'chart', title: 'Your own Vega-Lite' },
    ],
  },
];
