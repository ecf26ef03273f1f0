import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { StageName } from '../../engine/config/pipeline.ts';
import type { RunEvent } from '../../engine/events.ts';
import { jsonLines } from '../../engine/files/read-part.ts';
import type { RunFolder, RunRecord } from '../../engine/store/run-folder.ts';
import type { Section } from '../report/page.ts';
import { reportPage } from '../report/render-report.ts';
import type { ReportModel } from '../report/report-model.ts';
import { emptyRun, type RunModel, reduce } from '../run-model.ts';
import { type ReportSources, StoredReport } from './stored-report.ts';

/** A run as its page shows it, read on as its event file grows, whichever process or node writes it. */
export class LiveRun {
  readonly #run: RunFolder;
  readonly #report: StoredReport;
  #model = emptyRun;
  #record: RunRecord | undefined;
  #state: ReportModel['state'] = 'running';
  /** Bytes of the event file that were read: up to the end of its last whole line. */
  offset = 0;

  constructor(run: RunFolder, before: RunRecord | undefined, sources: ReportSources) {
    this.#run = run;
    this.#report = new StoredReport(run, before, sources);
    this.read();
  }

  get isOver(): boolean {
    return this.#state !== 'running';
  }

  get stages(): RunModel['stages'] {
    return this.#model.stages;
  }

  /** Reads what was added. Whether the page has changed by it. */
  read(): boolean {
    if (this.isOver) return false;
    this.#record = this.#run.readRecord();
    const state = stateOf(this.#run, this.#record);
    const events = this.#readOn();
    this.#model = events.reduce(reduce, this.#model);
    if (this.#model.run === '') this.#model = toldByRecord(this.#run, this.#record);
    const isChanged = events.length > 0 || state !== this.#state;
    this.#state = state;
    return isChanged;
  }

  /** The events after those that were read. A line without an end is still being written, or was torn by a kill. */
  #readOn(): readonly RunEvent[] {
    let file: number;
    try {
      file = openSync(this.#run.events, 'r');
    } catch {
      return []; // none yet, or a run of an early version
    }
    try {
      const bytes = Buffer.alloc(Math.max(0, fstatSync(file).size - this.offset));
      const read = readSync(file, bytes, 0, bytes.length, this.offset);
      const end = bytes.lastIndexOf('\n', read - 1) + 1;
      this.offset += end;
      return jsonLines<RunEvent>(bytes.toString('utf8', 0, end));
    } finally {
      closeSync(file);
    }
  }

  /** The parts of the page; a run that was killed says so. */
  async page(): Promise<{ readonly title: string; readonly sections: readonly Section[] }> {
    const wasKilled = this.isOver && this.#record === undefined;
    const message = 'This run left no record: it was killed, or its machine stopped.';
    const warnings = wasKilled ? [{ message }, ...this.#model.warnings] : this.#model.warnings;
    const model = await this.#report.model({ ...this.#model, warnings }, this.#state, this.#record);
    const { title, header, sections } = reportPage(model, false);
    return { title, sections: [{ id: 'header', title: 'Header', content: [header] }, ...sections] };
  }
}

function stateOf(run: RunFolder, record: RunRecord | undefined): ReportModel['state'] {
  if (record === undefined) return run.isLiving() ? 'running' : 'interrupted';
  const outcomes = Object.values(record.stages).map(({ outcome }) => outcome);
  if (outcomes.includes('cancelled')) return 'interrupted';
  return outcomes.some((one) => one === 'failed' || one === 'blocked') ? 'failed' : 'succeeded';
}

/** The model of a run without events: what its record says of the end of each stage. */
function toldByRecord(run: RunFolder, record: RunRecord | undefined): RunModel {
  const time = record === undefined ? run.startedAt() : Date.parse(record.startedAt);
  const stages = Object.entries(record?.stages ?? {}).map(([name, { outcome, seconds = 0, message }]) => ({
    ...{ name: name as StageName, state: outcome, samples: [], points: [] },
    end: {
      ...{ type: 'stage-finished' as const, time, stage: name as StageName, outcome, seconds },
      ...(message !== undefined && { message }),
      ...{ highlights: [], outputs: {} },
    },
  }));
  return {
    run: run.id,
    pipeline: record?.pipeline ?? run.pipeline() ?? '',
    startedAt: time,
    stages,
    finals: [],
    warnings: [],
  };
}
