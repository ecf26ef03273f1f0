import type { FingerprintDifference } from '../../engine/fingerprint/diff-fingerprints.ts';
import type { LookHistory } from '../../engine/seals/ledger-lines.ts';
import type { Json } from '../../json.ts';
import type { ArtifactType, Highlight, TableCounts } from '../../stage.ts';
import type { OwnedCurves } from '../curve-charts.ts';
import type { MeasuredNumber } from '../measured-number.ts';
import type { StageActivity } from '../run-model.ts';
import type { RunState, StageState } from '../states.ts';
import type { LateSelection } from './late-selections.ts';
import type { Sweep } from './sweep-tables.ts';

/** Everything that a run's page shows, as plain data: the same model gives the same page. */
export interface ReportModel extends RunSelections {
  readonly pipeline: string;
  readonly description?: string | undefined;
  readonly run: string;
  readonly state: RunState;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** How long the run took; of a run that has not ended, its time so far. */
  readonly seconds: number;
  /** How long a running run will still take; absent where that cannot be told. */
  readonly secondsLeft?: number | undefined;
  /** When the page was written, in milliseconds since the epoch; of a stored run, its end. */
  readonly writtenAt: number;
  readonly stages: readonly ReportStage[];
  /**
   * Stages of the pipeline that this run was not asked for, without those that only run when
   * something reads them.
   */
  readonly notAsked: number;
  /** How the stages depend on each other; absent where they are too many to draw. */
  readonly graph?: ReportGraph | undefined;
  /** Names of stages whose outputs are shown first, in this order. */
  readonly finals: readonly string[];
  readonly warnings: readonly { readonly stage?: string; readonly message: string }[];
  readonly facts: readonly (readonly [name: string, value: string])[];
  /** What the processes of stages used, as curves by seconds since the run began. */
  readonly usage?: readonly OwnedCurves[];
}

/** What a run chose: its sweeps, and choices that came after a test. */
export interface RunSelections {
  readonly sweeps: readonly Sweep[];
  readonly lateSelections: readonly LateSelection[];
  /** Looks at sealed images; absent: none. */
  readonly looks?: readonly SealedLook[];
}

/** A stage whose numbers are of sealed images, and what had looked at these before. */
export interface SealedLook extends Pick<LookHistory, 'line' | 'before'> {
  readonly stage: string;
  /** The sealed parts, such as `test of faces.dataset`. */
  readonly of: readonly string[];
}

/** What a page shows of a stage besides its name and its events. */
export interface ReportContent {
  readonly kind: string;
  readonly description?: string | undefined;
  /** The slot, if it has been filled: `slot 2: sample 6`. */
  readonly slot?: string | undefined;
  /** The settings that the stage gets; those of `written` are not at their default. */
  readonly settings: readonly Setting[];
  /**
   * How the fingerprint differs from the stage's last result's; absent where it has none to differ
   * from.
   */
  readonly changes?: readonly FingerprintDifference[] | undefined;
  readonly inputs: readonly { readonly port: string; readonly from: readonly string[] }[];
  readonly outputs: readonly ReportOutput[];
  readonly log?: ReportLog | undefined;
}

/** A stage as the page describes it. */
export interface ReportStage extends ReportContent, StageActivity {
  readonly name: string;
  readonly state: StageState;
  /** Why it is not up to date. */
  readonly reasons: readonly string[];
  readonly seconds: number;
  readonly message?: string | undefined;
  readonly summaryTables: readonly Highlight[];
  readonly warnings: readonly string[];
  /** How its result came about: when, where, with what. */
  readonly record: readonly (readonly [name: string, value: string])[];
}

/** A setting by its path, such as `optimizer.learningRate`. */
export interface Setting {
  readonly path: string;
  readonly value: Json;
  readonly written: boolean;
}

/** What a stage printed; `cut` where only its end is shown. */
export interface ReportLog {
  readonly text: string;
  readonly cut: boolean;
}

/** An output of a stage, with what the page shows of it. */
export interface ReportOutput {
  readonly port: string;
  readonly type: ArtifactType;
  readonly path: string;
  /** Relative to the page. */
  readonly href: string;
  /** How a table of what there is counts. */
  readonly counts?: TableCounts;
  readonly preview?: ShownArtifact | undefined;
}

/** The stages as SVG, for a wide page and for a narrow one, with the width of each in pixels. */
export type ReportGraph = Readonly<Record<'wide' | 'narrow', GraphDrawing>>;

/** A drawing of the graph, and its width in pixels. */
export interface GraphDrawing {
  readonly svg: string;
  readonly width: number;
}

/** What a page shows of an artifact. `leftOut` says what it does not, and why. */
export type ShownArtifact =
  | ShownChart
  | ShownTable
  | {
      readonly as: 'images';
      readonly images: readonly { readonly name: string; readonly uri: string }[];
      readonly leftOut?: string;
    }
  | { readonly as: 'markdown'; readonly text: string; readonly leftOut?: string }
  /** Opens the page: a document, with data URIs of its pictures by their paths in it. */
  | {
      readonly as: 'summary';
      readonly text: string;
      readonly pictures: Readonly<Record<string, string>>;
    }
  | { readonly as: 'metrics'; readonly metrics: readonly ReportMetric[] };

/** A chart as the page shows it. */
export interface ShownChart {
  readonly as: 'chart';
  readonly title: string;
  readonly subtitle: string;
  /** In pixels of the picture at its natural size. */
  readonly width: number;
  readonly height: number;
  /** Its files, to be linked: `svg` for `chart.svg`. Absent for a chart that has none. */
  readonly forms?: readonly string[];
  /** A data URI of the picture that is shown until the interactive chart is drawn. */
  readonly picture?: string;
  /** Whether it has no photographs, so that its colours may be inverted in the dark. */
  readonly isPlain?: boolean;
  /** The Vega-Lite spec as JSON; absent where it is too large to be carried. */
  readonly spec?: string;
  readonly leftOut?: string;
}

/** A table of a file as the page shows it. */
export interface ShownTable {
  readonly as: 'table';
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly leftOut?: string;
}

/** A number of a metrics file by its name, such as `test.auc`. */
export interface ReportMetric extends MeasuredNumber {
  readonly name: string;
  /** The interval's confidence, where the file says it. */
  readonly confidence?: number;
}
