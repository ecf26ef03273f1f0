import type { KindSpec, RunStage } from '../src/stage.ts';

/** A kind as the table holds it: both sides are loaded only when needed, the light spec and the heavy run. */
type KindEntry = readonly [
  spec: () => Promise<{ readonly spec: unknown }>,
  run: () => Promise<{ readonly default: RunStage<never> }>,
];

/**
 * The table of built-in kinds. Adding a kind is one folder and one line here. The order is that of the reference: data,
 * networks, their evaluation, explanation, and what serves for anything.
 */
const table: Readonly<Record<string, KindEntry>> = {
  'make-faces': [() => import('./make-faces/spec.ts'), () => import('./make-faces/run.ts')],
  'load-dataset': [() => import('./load-dataset/spec.ts'), () => import('./load-dataset/run.ts')],
  audit: [() => import('./audit/spec.ts'), () => import('./audit/run.ts')],
  network: [() => import('./network/spec.ts'), () => import('./network/run.ts')],
  train: [() => import('./train/spec.ts'), () => import('./train/run.ts')],
  embed: [() => import('./embed/spec.ts'), () => import('./embed/run.ts')],
  'load-model': [() => import('./load-model/spec.ts'), () => import('./load-model/run.ts')],
  select: [() => import('./select/spec.ts'), () => import('./select/run.ts')],
  export: [() => import('./export/spec.ts'), () => import('./export/run.ts')],
  evaluate: [() => import('./evaluate/spec.ts'), () => import('./evaluate/run.ts')],
  'roc-det': [() => import('./roc-det/spec.ts'), () => import('./roc-det/run.ts')],
  trends: [() => import('./trends/spec.ts'), () => import('./trends/run.ts')],
  plot: [() => import('./plot/spec.ts'), () => import('./plot/run.ts')],
  table: [() => import('./table/spec.ts'), () => import('./table/run.ts')],
  competition: [() => import('./competition/spec.ts'), () => import('./competition/run.ts')],
  saliency: [() => import('./saliency/spec.ts'), () => import('./saliency/run.ts')],
  gradcam: [() => import('./gradcam/spec.ts'), () => import('./gradcam/run.ts')],
  faithfulness: [() => import('./faithfulness/spec.ts'), () => import('./faithfulness/run.ts')],
  'write-up': [() => import('./write-up/spec.ts'), () => import('./write-up/run.ts')],
  command: [() => import('./command/spec.ts'), () => import('./command/run.ts')],
};

export const kinds = Object.fromEntries(
  Object.entries(table).map(([name, [spec, run]]) => [
    name,
    { spec: async () => (await spec()).spec as KindSpec, run: async () => (await run()).default },
  ]),
);
