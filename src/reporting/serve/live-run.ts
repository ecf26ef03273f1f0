import type { StageName } from '../../engine/config/pipeline.ts';
import type { RunFolder } from '../../engine/store/runs/run-folder.ts';
import type { RunRecord } from '../../engine/store/runs/run-record.ts';
import { EventReader } from '../event-file.ts';
import type { Section } from '../report/page-frame.ts';
import { reportPage } from '../report/render-report.ts';
import { emptyRun, endState, type RunModel } from '../run-model.ts';
import type { RunState } from '../states.ts';
import { type ReportSources, StoredReport } from './stored-report.ts';

/** A run as its page shows it, read on as its event file grows. */
export class LiveRun {
  readonly #run: RunFolder;
  readonly #report: StoredReport;
  readonly #events: EventReader;
  #record: RunRecord | undefined;
  #state: RunState = 'running';

  constructor(run: RunFolder, before: RunRecord | undefined, sources: ReportSources) {
    this.#run = run;
    this.#events = new EventReader(run.events);
    this.#report = new StoredReport(run, before, sources);
    this.read();
  }

  get isOver(): boolean {
    return this.#state !== 'running';
  }

  /** Bytes of the event file that were read. */
  get offset(): number {
    return this.#events.lines.offset;
  }

  get model(): RunModel {
    const { model } = this.#events;
    return model.run === '' ? modelOfRecord(this.#run, this.#record) : model;
  }

  /** Reads what was added, and returns whether the page has changed. */
  read(): boolean {
    if (this.isOver) return false;
    this.#record = this.#run.readRecord();
    const state = stateOf(this.#run, this.#record);
    const isChanged = this.#events.read() || state !== this.#state;
    this.#state = state;
    return isChanged;
  }

  /** The parts of the page; a run that was killed says so. */
  async page(): Promise<{ readonly title: string; readonly sections: readonly Section[] }> {
    const state = this.#state;
    const message = 'This run left no record: it was killed, or its machine stopped.';
    const run = this.model;
    const warnings = state === 'killed' ? [{ message }, ...run.warnings] : run.warnings;
    const endedAt = state === 'killed' ? (this.#events.lastTime ?? run.startedAt) : undefined;
    const model = await this.#report.model(
      { ...run, warnings },
      { state, record: this.#record, endedAt },
    );
    const { title, header, sections } = reportPage(model, false);
    return { title, sections: [{ id: 'header', title: 'Header', content: [header] }, ...sections] };
  }
}

function stateOf(run: RunFolder, record: RunRecord | undefined): RunState {
  if (record === undefined) return run.stateWithoutRecord();
  return endState(Object.values(record.stages));
}

/** The model of a run without events, from the ends of stages in its record. */
function modelOfRecord(run: RunFolder, record: RunRecord | undefined): RunModel {
  const time = record === undefined ? run.startedAt() : Date.parse(record.startedAt);
  const stages = Object.entries(record?.stages ?? {}).map(
    ([name, { outcome, seconds = 0, message, leftToJob }]) => ({
      name: name as StageName,
      state: outcome,
      samples: [],
      curves: [],
      end: {
        type: 'stage-finished' as const,
        time,
        stage: name as StageName,
        outcome,
        seconds,
        ...(message !== undefined && { message }),
        ...(leftToJob && { leftToJob }),
        highlights: [],
        outputs: {},
      },
    }),
  );
  const pipeline = record?.pipeline ?? run.pipeline() ?? '';
  return { ...emptyRun, run: run.id, pipeline, startedAt: time, stages };
}
