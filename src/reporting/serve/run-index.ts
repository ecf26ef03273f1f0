import { setImmediate } from 'node:timers/promises';
import { type Digest, sha256 } from '../../digest.ts';
import { type Noted, subjectKey } from '../../engine/notes/note-lines.ts';
import type { Notes } from '../../engine/notes/notes.ts';
import type { RunFolder } from '../../engine/store/runs/run-folder.ts';
import type { StageResult } from '../../engine/store/stage-result.ts';
import { groupBy } from '../../group-by.ts';
import { headlineMetrics } from '../../learning/metrics/metric-catalogue.ts';
import { isTestSplit } from '../../learning/metrics/reported-split.ts';
import { effectiveSettings, type FillDefaults } from '../effective-settings.ts';
import { EventReader } from '../event-file.ts';
import { type PastRun, pastRun } from '../history/past-run.ts';
import { flatten } from '../report/describe-stage.ts';
import { baseName } from '../stage-base-name.ts';
import {
  changesOf,
  joinSettings,
  type ResultSettings,
  type StageSettings,
} from './changed-settings.ts';
import { type Cell, type Column, itemsOf } from './filter-query.ts';
import { asRow, countMembers, membersOf, type RunRow } from './run-members.ts';
import { nameRuns } from './run-names.ts';
import type { Results } from './run-results.ts';

/** Whether a row of the table is a run, or a member of its matrix. */
export type Rows = 'runs' | 'members';

/** The runs of a project as a table. */
export interface RunTable {
  readonly ids: readonly string[];
  /** The run of each row. */
  readonly runs: readonly string[];
  /** How many members the matrix of each run has; 1 for a run without one, and for a member. */
  readonly members: readonly number[];
  /** The axes of each member, as `rate=0.001,seed=7`; null for a run. */
  readonly labels: readonly (string | null)[];
  /** What people wrote about each row; null for nothing. */
  readonly noted: readonly (Noted | null)[];
  readonly columns: readonly Column[];
  /** The kind of each stage, by its name without axes; several are separated by commas. */
  readonly kinds: Readonly<Record<string, string>>;
  /** The columns that are shown where the address names none. */
  readonly shown: readonly string[];
  /** The number of runs whose settings are not read yet. */
  readonly unread: number;
}

/** The most numbers that are shown by default. */
const mostShown = 3;
/** Milliseconds of reading between two pauses, in which requests are answered. */
const slice = 15;

/** What an index knows beside the runs themselves. */
interface RunIndexOptions {
  readonly notes: Notes;
  /** Knows the defaults of results that do not have theirs. */
  readonly fill: FillDefaults;
  /** The ids of the runs that it has; absent: all. */
  readonly only?: ReadonlySet<string> | undefined;
}

/** A run, and its stages that read an artifact. */
export interface ReaderOfArtifact {
  readonly run: PastRun;
  readonly stages: readonly string[];
}

/** All runs of a project in memory; a run that has ended is read once. */
export class RunIndex {
  readonly #results: Results;
  readonly #notes: Notes;
  readonly #fill: FillDefaults;
  readonly #only: ReadonlySet<string> | undefined;
  readonly #ended = new Map<string, PastRun>();
  readonly #running = new Map<string, EventReader>();
  /** Null for a result that `gc` removed. */
  readonly #settings = new Map<Digest, ResultSettings | null>();
  /** The ids of ended runs with nothing left to be read. */
  readonly #read = new Set<string>();
  /** The results whose stages read an artifact, by the digest under which they did. */
  readonly #readers = new Map<Digest, Set<Digest>>();
  readonly #kinds = new Map<string, Set<string>>();
  readonly #sameSettings = new Map<string, ResultSettings>();
  #runs: readonly PastRun[] = [];
  #reading: Promise<void> | undefined;
  /** Tables as they are without notes, which takes most of the time. */
  readonly #plainTables = new Map<Rows, RunTable>();
  readonly #tables = new Map<Rows, RunTable>();
  #signatures = { runs: '', notes: '' };

  constructor(results: Results, { notes, fill, only }: RunIndexOptions) {
    this.#results = results;
    this.#notes = notes;
    this.#fill = fill;
    this.#only = only;
  }

  /** All runs as they are now, newest first. */
  runs(): readonly PastRun[] {
    const { store } = this.#results;
    this.#runs = store.runs().flatMap((folder): readonly PastRun[] => {
      if (this.#only?.has(folder.id) === false) return [];
      const known = this.#ended.get(folder.id);
      if (known !== undefined) return [known];
      const run = pastRun(folder, () => this.#eventsOf(folder));
      if (run === undefined) return [];
      if (run.outcome !== 'running') {
        this.#ended.set(run.id, run);
        this.#running.delete(run.id);
      }
      return [run];
    });
    const lines = this.#runs.map(
      ({ id, outcome, counts }) => `${id} ${outcome} ${JSON.stringify(counts)}`,
    );
    const runs = lines.join('\n');
    const notes = this.#notes.signature;
    if (runs !== this.#signatures.runs) this.#plainTables.clear();
    if (runs !== this.#signatures.runs || notes !== this.#signatures.notes) this.#tables.clear();
    this.#signatures = { runs, notes };
    return this.#runs;
  }

  #eventsOf({ id, events }: RunFolder): EventReader {
    const reader = this.#running.get(id) ?? new EventReader(events);
    this.#running.set(id, reader);
    reader.read();
    return reader;
  }

  /** Changes when a run begins, ends or goes on, and when somebody writes about one. */
  get version(): string {
    this.runs();
    return sha256(JSON.stringify(this.#signatures)).slice(0, 16);
  }

  /** The last run of the same pipeline before this one that has a record. */
  before(id: string, pipeline: string): PastRun | undefined {
    return this.#runs.find(
      (run) => run.id < id && run.pipeline === pipeline && run.record !== undefined,
    );
  }

  table(of: Rows = 'runs'): RunTable {
    const runs = this.runs();
    this.#readAll();
    const unread = runs.filter((run) => !this.#isRead(run)).length;
    const known = this.#tables.get(of);
    if (known?.unread === unread) return known;
    const plain = this.#plainTable(of, unread);
    const table = withNotes(plain, this.#notes.noted);
    this.#tables.set(of, table);
    return table;
  }

  #plainTable(of: Rows, unread: number): RunTable {
    const known = this.#plainTables.get(of);
    if (known?.unread === unread) return known;
    const rows = of === 'runs' ? this.#runs.map(asRow) : this.#runs.flatMap(membersOf);
    const table = this.#makeTable(rows, { of, unread });
    this.#plainTables.set(of, table);
    return table;
  }

  /**
   * The name that somebody gave each row, or what tells it from the others of its pipeline; empty
   * where nothing does.
   */
  names(rows: readonly RunRow[]): readonly string[] {
    const names = nameRuns(
      rows,
      rows.map((row) => withAxes(row, this.#stagesOf(row))),
    );
    const { noted } = this.#notes;
    return names.map((name, i) => noted.get(subjectKey(rows[i]!))?.name || name);
  }

  /**
   * The table with all settings: reading those of 10,000 results takes seconds, and a table takes
   * megabytes.
   */
  async wholeTable(of: Rows): Promise<RunTable> {
    this.runs();
    await this.#readAll();
    return this.table(of);
  }

  #readAll(): Promise<void> {
    this.#reading ??= this.#readSettings().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  #unreadOf({ record }: PastRun): readonly (readonly [stage: string, result: Digest])[] {
    return Object.entries(record?.stages ?? {}).flatMap(([stage, { result }]) =>
      result === undefined || this.#settings.has(result) ? [] : [[stage, result] as const],
    );
  }

  /** Whether the settings of all results of a run are known. */
  #isRead(run: PastRun): boolean {
    if (this.#read.has(run.id)) return true;
    if (this.#unreadOf(run).length > 0) return false;
    if (run.record !== undefined) this.#read.add(run.id);
    return true;
  }

  #noteKind(stage: string, kind: string): void {
    this.#kinds.set(stage, (this.#kinds.get(stage) ?? new Set()).add(kind));
  }

  #noteReads({ digest, fingerprint }: StageResult): void {
    for (const { digest: read } of Object.values(fingerprint.inputs).flat())
      this.#readers.set(read, (this.#readers.get(read) ?? new Set()).add(digest));
  }

  /**
   * The stages of all runs that read an artifact, the newest run first, as far as the settings of
   * their results have been read. `digests` are those under which stages may have read it.
   */
  readersOf(digests: readonly Digest[]): readonly ReaderOfArtifact[] {
    const results = new Set(digests.flatMap((digest) => [...(this.#readers.get(digest) ?? [])]));
    if (results.size === 0) return [];
    return this.#runs.flatMap((run) => {
      const stages = Object.entries(run.record?.stages ?? {}).flatMap(([stage, { result }]) =>
        result !== undefined && results.has(result) ? [stage] : [],
      );
      return stages.length === 0 ? [] : [{ run, stages }];
    });
  }

  /** Reads the settings of all results in slices, the newest run first. */
  async #readSettings(): Promise<void> {
    await setImmediate(); // the page that asks for them goes first
    let since = performance.now();
    for (const run of this.#runs) {
      if (this.#read.has(run.id)) continue;
      for (const [stage, digest] of this.#unreadOf(run)) {
        const result = this.#results.store.readResult(digest);
        if (result !== undefined) this.#noteKind(baseName(stage), result.fingerprint.kind);
        if (result !== undefined) this.#noteReads(result);
        this.#settings.set(digest, result === undefined ? null : this.#settingsOf(result));
        if (performance.now() - since < slice) continue;
        await setImmediate();
        since = performance.now();
      }
    }
  }

  /** Results of the same settings share an object: there may be 10,000. */
  #settingsOf(result: StageResult): ResultSettings {
    const all = effectiveSettings(result, this.#fill);
    const settings = all ?? result.fingerprint.settings;
    const text = JSON.stringify([settings, all === undefined]);
    const known = this.#sameSettings.get(text);
    if (known !== undefined) return known;
    const items = flatten(settings).map(([path, value]) => [path, itemOf(value)] as const);
    const made = { values: new Map(items), hasDefaults: all !== undefined };
    this.#sameSettings.set(text, made);
    return made;
  }

  #makeTable(
    rows: readonly RunRow[],
    { of, unread }: { readonly of: Rows; readonly unread: number },
  ): RunTable {
    const stages = rows.map((row) => this.#stagesOf(row));
    const withMatrix = rows.map((row, i) => withAxes(row, stages[i]!));
    const fields: readonly Column[] = [
      { name: 'name', values: nameRuns(rows, withMatrix) },
      { name: 'run', values: rows.map(({ run }) => run) },
      { name: 'pipeline', values: rows.map(({ pipeline }) => pipeline) },
      { name: 'state', values: rows.map(({ outcome }) => outcome) },
      { name: 'started', values: rows.map(({ startedAt }) => startedAt) },
      { name: 'time', values: rows.map(({ seconds }) => seconds ?? null) },
    ];
    const settings = new Columns(rows.length);
    const numbers = new Columns(rows.length);
    for (const [row, run] of rows.entries()) {
      for (const [stage, { values }] of withMatrix[row]!) {
        for (const [path, items] of values)
          for (const item of items) settings.column(stage, path).add(row, item);
      }
      for (const [stage, { metrics = {}, intervals = {} }] of Object.entries(
        run.record?.stages ?? {},
      )) {
        const base = baseName(stage);
        for (const [name, value] of Object.entries(metrics))
          if (value !== null) numbers.column(base, name).add(row, value, intervals[name]);
      }
    }
    const measured = numbers.all('number');
    const changed = of === 'runs' ? changesOf(rows, stages) : rows.map(() => null);
    const hasChanged = changed.some((cell) => cell !== null && itemsOf(cell).length > 0);
    return {
      ids: rows.map(({ id }) => id),
      runs: rows.map(({ run }) => run),
      members: rows.map((row) => (of === 'runs' ? countMembers(row) : 1)),
      labels: rows.map(({ member }) => member ?? null),
      noted: rows.map(() => null),
      columns: [
        ...fields,
        { name: 'changed', values: changed },
        ...settings.all('setting'),
        ...measured,
      ],
      kinds: Object.fromEntries(
        Array.from(this.#kinds, ([stage, kinds]) => [stage, [...kinds].join(', ')]),
      ),
      shown: [
        'name',
        'pipeline',
        'state',
        'time',
        ...mainNumbers(measured),
        ...(hasChanged ? ['changed'] : []),
      ],
      unread,
    };
  }

  /** The settings of a run's stages, those of the instances of a matrix together. */
  #stagesOf({ record }: PastRun): ReadonlyMap<string, StageSettings> {
    const stages = groupBy(Object.entries(record?.stages ?? {}), ([stage]) => baseName(stage));
    return new Map(
      Array.from(stages, ([stage, entries]) => {
        const results = entries.map(([, { result }]) =>
          result === undefined ? undefined : this.#settings.get(result),
        );
        return [stage, joinSettings(results.map((settings) => settings ?? undefined))];
      }),
    );
  }
}

/**
 * The settings of a row with the values of its axes, `matrix.seed`, which come first, so that they
 * name a member.
 */
const withAxes = (
  { axes }: RunRow,
  stages: ReadonlyMap<string, StageSettings>,
): ReadonlyMap<string, StageSettings> => new Map([['matrix', axes], ...stages]);

/** A table with what people wrote about its rows. */
function withNotes(table: RunTable, notes: ReadonlyMap<string, Noted>): RunTable {
  const noted = table.runs.map((run, row) => {
    const member = table.labels[row];
    return notes.get(subjectKey(member == null ? { run } : { run, member })) ?? null;
  });
  const [names, ...others] = table.columns as readonly [Column, ...Column[]];
  const [name, ...shown] = table.shown as readonly [string, ...string[]];
  const hasTags = noted.some((entry) => (entry?.tags.length ?? 0) > 0);
  const hasNotes = noted.some((entry) => entry?.note);
  return {
    ...table,
    noted,
    columns: [
      { ...names, values: names.values.map((value, row) => noted[row]?.name || value) },
      ...noteColumns(noted),
      ...others,
    ],
    shown: [name, ...(hasTags ? ['tags'] : []), ...shown, ...(hasNotes ? ['note'] : [])],
  };
}

/** What people wrote as columns, so that a filter finds it: `tags=good`, `pinned=yes`. */
function noteColumns(noted: readonly (Noted | null)[]): readonly Column[] {
  const yes = (isSo: boolean | undefined) => (isSo === true ? 'yes' : null);
  return [
    { name: 'tags', values: noted.map((entry) => entry?.tags ?? null) },
    { name: 'note', values: noted.map((entry) => entry?.note || null) },
    { name: 'pinned', values: noted.map((entry) => yes(entry?.isPinned)) },
    { name: 'baseline', values: noted.map((entry) => yes(entry?.isBaseline)) },
  ];
}

type Interval = readonly [low: number, high: number];

/** A column while it is made. */
class GrowingColumn {
  readonly #values: Cell[];
  /** By row, the values of cells that have got more than one: a list would be copied with each. */
  readonly #joined = new Map<number, Set<number | string>>();
  #ends: (Interval | null)[] | undefined;

  constructor(rows: number) {
    this.#values = new Array<Cell>(rows).fill(null);
  }

  /**
   * Adds a value to a cell. Instances of a matrix share theirs: each value once, and one range over
   * all intervals.
   */
  add(row: number, value: number | string, ends?: Interval): void {
    const before = this.#values[row] ?? null;
    if (before === null) this.#values[row] = value;
    else {
      const joined = this.#joined.get(row);
      if (joined !== undefined) joined.add(value);
      else this.#joined.set(row, new Set([...itemsOf(before), value]));
    }
    if (ends === undefined) return;
    this.#ends ??= new Array<Interval | null>(this.#values.length).fill(null);
    const known = this.#ends[row] ?? null;
    this.#ends[row] =
      known === null ? ends : [Math.min(known[0], ends[0]), Math.max(known[1], ends[1])];
  }

  named(name: string, of: 'setting' | 'number'): Column {
    const values = [...this.#values];
    for (const [row, items] of this.#joined) values[row] = [...items];
    return { name, of, values, ...(this.#ends && { ends: this.#ends }) };
  }
}

/** Columns that are created with their first values. */
class Columns {
  readonly #rows: number;
  /**
   * By stage and name: joining both for each of 100,000 numbers would take longer than all else.
   */
  readonly #columns = new Map<string, Map<string, GrowingColumn>>();

  constructor(rows: number) {
    this.#rows = rows;
  }

  column(stage: string, name: string): GrowingColumn {
    const columns = this.#columns.get(stage) ?? new Map<string, GrowingColumn>();
    if (columns.size === 0) this.#columns.set(stage, columns);
    const known = columns.get(name);
    if (known !== undefined) return known;
    const column = new GrowingColumn(this.#rows);
    columns.set(name, column);
    return column;
  }

  all(of: 'setting' | 'number'): readonly Column[] {
    return [...this.#columns].flatMap(([stage, columns]) =>
      Array.from(columns, ([name, column]) => column.named(`${stage}.${name}`, of)),
    );
  }
}

/** The headline metrics that most runs have, on the test split where it was measured. */
function mainNumbers(columns: readonly Column[]): readonly string[] {
  const filled = ({ values }: Column) => values.filter((value) => value !== null).length;
  const isTested = ({ name }: Column) => {
    const [, ...path] = name.split('.'); // the first step is of the stage
    return path.length > 1 && isTestSplit(path.at(-2)!);
  };
  return headlineMetrics
    .flatMap(({ name }) => {
      const sameMetric = columns.filter((column) => column.name.endsWith(`.${name}`));
      const tested = sameMetric.filter(isTested);
      const [most] = (tested.length > 0 ? tested : sameMetric).toSorted(
        (a, b) => filled(b) - filled(a),
      );
      return most === undefined ? [] : [most.name];
    })
    .slice(0, mostShown);
}

function itemOf(value: unknown): number | string {
  if (typeof value === 'number' || typeof value === 'string') return value;
  return value === null ? 'null' : JSON.stringify(value);
}
