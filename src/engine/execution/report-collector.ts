import { type Curve, mostCurves, withPoint } from '../../reported-curves.ts';
import type { CurvePoint, Highlight } from '../../stage.ts';
import type { StageEvent } from '../events.ts';
import { CheckpointPoints } from '../store/checkpoint-points.ts';
import type { StageReports } from '../store/stage-result.ts';
import type { StageMessage } from './processes/stage-messages.ts';

/**
 * The most characters of warnings, notes and tables, as JSON, that a stage reports: every report of
 * its result has them.
 */
const mostKept = 4 * 1024 ** 2;

/** Passes a stage's messages on as events, and keeps those that belong in its record. */
export class ReportCollector {
  readonly #emit: (event: StageEvent) => void;
  readonly #summaryTables: Highlight[] = [];
  readonly #warnings: string[] = [];
  readonly #notes: Record<string, string | number> = {};
  readonly #points: CheckpointPoints | undefined;
  #curves: readonly Curve[] = [];
  #leavesCurvesOut = false;
  #kept = 0;
  #leavesOut = false;

  /** `checkpoint` is the path of the stage's checkpoint, from which the attempt may resume. */
  constructor(emit: (event: StageEvent) => void, checkpoint: string | undefined) {
    this.#emit = emit;
    this.#points = checkpoint === undefined ? undefined : new CheckpointPoints(checkpoint);
  }

  get reports(): StageReports {
    return {
      highlights: this.#summaryTables,
      warnings: this.#warnings,
      notes: this.#notes,
      ...(this.#curves.length > 0 && { curves: this.#curves }),
    };
  }

  receive(message: StageMessage): void {
    switch (message.type) {
      case 'progress':
        this.#emit({ type: 'stage-progress', progress: contentOf(message) });
        break;
      case 'point':
        for (const point of this.#points?.add(contentOf(message)) ?? [contentOf(message)])
          this.#addPoint(point);
        break;
      case 'info':
        this.#emit({ type: 'info', message: message.message });
        break;
      case 'warn':
        this.#warn(message.message);
        break;
      case 'highlight':
        if (this.#hasRoom(message)) this.#summaryTables.push(contentOf(message));
        break;
      case 'note':
        if (this.#hasRoom(message)) this.#notes[message.name] = message.value;
    }
  }

  /** Whether the record has room for what a message holds; warns once when it has none. */
  #hasRoom(message: StageMessage): boolean {
    const size = JSON.stringify(message).length;
    if (this.#kept + size <= mostKept) {
      this.#kept += size;
      return true;
    }
    if (this.#leavesOut) return false;
    this.#leavesOut = true;
    this.#addWarning(
      'It sends more than 4 MiB of warnings, notes and tables: further ones are left out',
    );
    return false;
  }

  #addPoint(point: CurvePoint): void {
    this.#emit({ type: 'stage-point', point });
    this.#curves = withPoint(this.#curves, point);
    const isKept = (name: string) =>
      this.#curves.some((curve) => curve.name === name && curve.unit === point.unit);
    const leftOut = Object.keys(point.values).find((name) => !isKept(name));
    if (leftOut === undefined || this.#leavesCurvesOut) return;
    this.#leavesCurvesOut = true;
    this.#warn(
      `It reports more than ${mostCurves} curves: "${leftOut}" and further ones are not kept`,
    );
  }

  #warn(message: string): void {
    if (this.#hasRoom({ type: 'warn', message })) this.#addWarning(message);
  }

  #addWarning(message: string): void {
    this.#warnings.push(message);
    this.#emit({ type: 'warning', message });
  }
}

function contentOf<T extends StageMessage>({ type: _, ...content }: T): Omit<T, 'type'> {
  return content;
}
