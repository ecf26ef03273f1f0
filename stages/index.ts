import type { KindSpec, RunStage } from '../src/stage.ts';

/** A kind as the table holds it: both sides are loaded only when needed, the light spec and the heavy run. */
interface KindEntry {
  readonly spec: () => Promise<KindSpec>;
  readonly run: () => Promise<RunStage<never>>;
}

/**
 * The table of built-in kinds. Adding a kind is one folder and one line here. The order is that of the reference: data,
 * networks, their evaluation, explanation, and what serves for anything.
 */
export const kinds: Readonly<Record<string, KindEntry>> = {
  'make-faces': {
    spec: async () => (await import('./make-faces/spec.ts')).spec,
    run: async () => (await import('./make-faces/run.ts')).default,
  },
  'load-dataset': {
    spec: async () => (await import('./load-dataset/spec.ts')).spec,
    run: async () => (await import('./load-dataset/run.ts')).default,
  },
  audit: {
    spec: async () => (await import('./audit/spec.ts')).spec,
    run: async () => (await import('./audit/run.ts')).default,
  },
  network: {
    spec: async () => (await import('./network/spec.ts')).spec,
    run: async () => (await import('./network/run.ts')).default,
  },
  train: {
    spec: async () => (await import('./train/spec.ts')).spec,
    run: async () => (await import('./train/run.ts')).default,
  },
  embed: {
    spec: async () => (await import('./embed/spec.ts')).spec,
    run: async () => (await import('./embed/run.ts')).default,
  },
  'load-model': {
    spec: async () => (await import('./load-model/spec.ts')).spec,
    run: async () => (await import('./load-model/run.ts')).default,
  },
  select: {
    spec: async () => (await import('./select/spec.ts')).spec,
    run: async () => (await import('./select/run.ts')).default,
  },
  export: {
    spec: async () => (await import('./export/spec.ts')).spec,
    run: async () => (await import('./export/run.ts')).default,
  },
  evaluate: {
    spec: async () => (await import('./evaluate/spec.ts')).spec,
    run: async () => (await import('./evaluate/run.ts')).default,
  },
  'roc-det': {
    spec: async () => (await import('./roc-det/spec.ts')).spec,
    run: async () => (await import('./roc-det/run.ts')).default,
  },
  trends: {
    spec: async () => (await import('./trends/spec.ts')).spec,
    run: async () => (await import('./trends/run.ts')).default,
  },
  plot: {
    spec: async () => (await import('./plot/spec.ts')).spec,
    run: async () => (await import('./plot/run.ts')).default,
  },
  table: {
    spec: async () => (await import('./table/spec.ts')).spec,
    run: async () => (await import('./table/run.ts')).default,
  },
  competition: {
    spec: async () => (await import('./competition/spec.ts')).spec,
    run: async () => (await import('./competition/run.ts')).default,
  },
  saliency: {
    spec: async () => (await import('./saliency/spec.ts')).spec,
    run: async () => (await import('./saliency/run.ts')).default,
  },
  gradcam: {
    spec: async () => (await import('./gradcam/spec.ts')).spec,
    run: async () => (await import('./gradcam/run.ts')).default,
  },
  faithfulness: {
    spec: async () => (await import('./faithfulness/spec.ts')).spec,
    run: async () => (await import('./faithfulness/run.ts')).default,
  },
  'write-up': {
    spec: async () => (await import('./write-up/spec.ts')).spec,
    run: async () => (await import('./write-up/run.ts')).default,
  },
  command: {
    spec: async () => (await import('./command/spec.ts')).spec,
    run: async () => (await import('./command/run.ts')).default,
  },
};
