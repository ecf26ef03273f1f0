import { appendFileSync, existsSync, writeFileSync } from 'node:fs';
import type { CurvePoint } from '../../stage.ts';
import { jsonLines, readText } from '../files/read-part.ts';

/**
 * The ending of the file beside a checkpoint that holds the points which led to it, one JSON object
 * a line.
 */
export const pointsEnding = '.points';

/**
 * The points that a stage reported on its way to a checkpoint. An attempt that resumes reports only
 * what follows, so its curves begin with these.
 */
export class CheckpointPoints {
  readonly #checkpoint: string;
  readonly #path: string;
  /** The points of earlier attempts; empty from this attempt's first point on. */
  #earlier: readonly CurvePoint[];
  #unwritten: readonly CurvePoint[] = [];
  /** Whether the file holds the points of this attempt. */
  #isOwn = false;

  constructor(checkpoint: string) {
    this.#checkpoint = checkpoint;
    this.#path = `${checkpoint}${pointsEnding}`;
    this.#earlier = existsSync(checkpoint) ? jsonLines<CurvePoint>(readText(this.#path)) : [];
  }

  /**
   * The points that now belong to the curves: this one and, at the attempt's first, those of
   * earlier attempts before its step.
   */
  add(point: CurvePoint): readonly CurvePoint[] {
    const isEarlier = ({ unit, step }: CurvePoint) => unit === point.unit && step < point.step;
    const added = [...this.#earlier.filter(isEarlier), point];
    this.#earlier = [];
    this.#unwritten = [...this.#unwritten, ...added];
    this.#write();
    return added;
  }

  /** Without a checkpoint there is nothing to resume from. */
  #write(): void {
    if (!existsSync(this.#checkpoint)) return;
    const text = this.#unwritten.map((point) => `${JSON.stringify(point)}\n`).join('');
    try {
      if (this.#isOwn) appendFileSync(this.#path, text);
      else writeFileSync(this.#path, text);
    } catch {
      // A full disk costs the beginning of a curve, not the stage.
    }
    this.#unwritten = [];
    this.#isOwn = true;
  }
}
