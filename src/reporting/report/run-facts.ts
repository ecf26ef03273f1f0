import { hostname } from 'node:os';
import type { ReportModel, ReportStage } from './report-model.ts';

/** A run, as far as its facts go. */
interface ToldRun {
  readonly pipeline: { readonly file: string };
  readonly run: { readonly id: string };
  readonly host: { readonly restage: string; readonly gitCommit: string | undefined };
}

/** What is told of a run beside its stages: what it ran, and where, and with which versions. */
export function runFacts({ host, pipeline, run }: ToldRun, stages: readonly ReportStage[]): ReportModel['facts'] {
  const noted = (name: string) => [
    ...new Set(stages.flatMap(({ record }) => record.filter(([key]) => key === name).map(([, value]) => value))),
  ];
  const backends = noted('backend');
  return [
    ['pipeline', pipeline.file],
    ['run', run.id],
    ['git commit', host.gitCommit ?? 'not a git checkout'],
    ['Restage', host.restage],
    ['Node', process.version],
    ['host', `${hostname()}, ${process.platform} ${process.arch}`],
    ...(backends.length > 0 ? [['backend', backends.join(', ')] as const] : []),
    ...['onnxruntime-node', '@tensorflow/tfjs'].flatMap((name) => {
      const versions = noted(name);
      return versions.length > 0 ? [[name, versions.join(', ')] as const] : [];
    }),
  ];
}
