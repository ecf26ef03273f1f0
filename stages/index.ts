import type { KindSpec, MakeProgram, RunStage } from '../src/stage.ts';
import { spec as activity } from './activity/spec.ts';
import { spec as audit } from './audit/spec.ts';
import { spec as bias } from './bias/spec.ts';
import { spec as command } from './command/spec.ts';
import { spec as competition } from './competition/spec.ts';
import { spec as download } from './download/spec.ts';
import { spec as embed } from './embed/spec.ts';
import { spec as evaluate } from './evaluate/spec.ts';
import { spec as exchange } from './exchange/spec.ts';
import { spec as exportModel } from './export/spec.ts';
import { spec as faces } from './faces/spec.ts';
import { spec as faithfulness } from './faithfulness/spec.ts';
import { spec as features } from './features/spec.ts';
import { spec as forge } from './forge/spec.ts';
import { spec as frames } from './frames/spec.ts';
import { spec as fuse } from './fuse/spec.ts';
import { spec as gradcam } from './gradcam/spec.ts';
import { spec as linear } from './linear/spec.ts';
import { spec as loadDataset } from './load-dataset/spec.ts';
import { spec as loadModel } from './load-model/spec.ts';
import { spec as makeFaces } from './make-faces/spec.ts';
import { spec as map } from './map/spec.ts';
import { spec as network } from './network/spec.ts';
import { spec as plot } from './plot/spec.ts';
import { spec as predict } from './predict/spec.ts';
import { spec as protocol } from './protocol/spec.ts';
import { spec as python } from './python/spec.ts';
import { spec as robustness } from './robustness/spec.ts';
import { spec as rocDet } from './roc-det/spec.ts';
import { spec as saliency } from './saliency/spec.ts';
import { spec as search } from './search/spec.ts';
import { spec as select } from './select/spec.ts';
import { spec as sweep } from './sweep/spec.ts';
import { spec as table } from './table/spec.ts';
import { spec as train } from './train/spec.ts';
import { spec as trends } from './trends/spec.ts';
import { spec as writeUp } from './write-up/spec.ts';

/** A kind as the table holds it: its light spec, and its work, which is loaded only when needed. */
type KindEntry = { readonly spec: KindSpec } & (
  | { readonly run: () => Promise<{ readonly default: RunStage<never> }> }
  | { readonly program: () => Promise<{ readonly default: MakeProgram<never> }> }
);

/**
 * With the types of their settings, since `restage predict` and `restage export` run these without
 * a pipeline.
 */
export const framesKind = { spec: frames, run: () => import('./frames/run.ts') } as const;
export const facesKind = { spec: faces, run: () => import('./faces/run.ts') } as const;
export const exportKind = { spec: exportModel, run: () => import('./export/run.ts') } as const;
export const predictKind = { spec: predict, run: () => import('./predict/run.ts') } as const;

/**
 * The table of built-in kinds. Adding a kind is one folder and one line here. The order is that of
 * the reference: data, networks, evaluation, explanation, and general kinds.
 */
const entries: readonly KindEntry[] = [
  { spec: makeFaces, run: () => import('./make-faces/run.ts') },
  framesKind,
  facesKind,
  { spec: loadDataset, run: () => import('./load-dataset/run.ts') },
  { spec: forge, run: () => import('./forge/run.ts') },
  { spec: exchange, run: () => import('./exchange/run.ts') },
  { spec: audit, run: () => import('./audit/run.ts') },
  { spec: download, run: () => import('./download/run.ts') },
  { spec: network, run: () => import('./network/run.ts') },
  { spec: train, run: () => import('./train/run.ts') },
  { spec: embed, run: () => import('./embed/run.ts') },
  { spec: features, run: () => import('./features/run.ts') },
  { spec: map, run: () => import('./map/run.ts') },
  { spec: linear, run: () => import('./linear/run.ts') },
  { spec: loadModel, run: () => import('./load-model/run.ts') },
  { spec: search, run: () => import('./search/run.ts') },
  { spec: select, run: () => import('./select/run.ts') },
  exportKind,
  { spec: evaluate, run: () => import('./evaluate/run.ts') },
  { spec: fuse, run: () => import('./fuse/run.ts') },
  predictKind,
  { spec: rocDet, run: () => import('./roc-det/run.ts') },
  { spec: robustness, run: () => import('./robustness/run.ts') },
  { spec: bias, run: () => import('./bias/run.ts') },
  { spec: protocol, run: () => import('./protocol/run.ts') },
  { spec: trends, run: () => import('./trends/run.ts') },
  { spec: activity, run: () => import('./activity/run.ts') },
  { spec: plot, run: () => import('./plot/run.ts') },
  { spec: table, run: () => import('./table/run.ts') },
  { spec: sweep, run: () => import('./sweep/run.ts') },
  { spec: competition, run: () => import('./competition/run.ts') },
  { spec: saliency, run: () => import('./saliency/run.ts') },
  { spec: gradcam, run: () => import('./gradcam/run.ts') },
  { spec: faithfulness, run: () => import('./faithfulness/run.ts') },
  { spec: writeUp, run: () => import('./write-up/run.ts') },
  { spec: python, program: () => import('./python/program.ts') },
  { spec: command, program: () => import('./command/program.ts') },
];

export const kinds: Readonly<Record<string, KindEntry>> = Object.fromEntries(
  entries.map((entry) => [entry.spec.name, entry]),
);
