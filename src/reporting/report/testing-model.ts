import type { ReportModel, ReportStage } from './report-model.ts';

/** A stage that ran, for tests. */
export function exampleStage(given: Partial<ReportStage> = {}): ReportStage {
  return {
    name: 'fit',
    kind: 'train',
    state: 'ran',
    reasons: ['settings.epochs: 5 → 8'],
    seconds: 12,
    settings: [{ path: 'epochs', value: 8, written: true }],
    inputs: [{ port: 'dataset', from: ['faces.dataset'] }],
    outputs: [],
    summaryTables: [],
    warnings: [],
    record: [['host', 'workstation, 2 cores']],
    curves: [],
    ...given,
  };
}

/** A run that went well, for tests. */
export function exampleModel(given: Partial<ReportModel> = {}): ReportModel {
  return {
    pipeline: 'study',
    run: '2025-01-31T09-12-03.042-4f2a',
    state: 'succeeded',
    startedAt: 1_738_314_723_042,
    seconds: 12,
    writtenAt: 1_738_314_735_042,
    stages: [exampleStage()],
    notAsked: 0,
    finals: [],
    sweeps: [],
    lateSelections: [],
    warnings: [],
    facts: [['Restage', '0.1.0']],
    ...given,
  };
}
