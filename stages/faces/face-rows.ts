import { closeSync, createReadStream, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CsvRow, csvLine, csvRecord } from '../../src/csv.ts';
import type { ExaminedUnit } from './examine-unit.ts';
import { type FaceSummary, misfitReason } from './summary.ts';
import { rounded } from './tables.ts';

const columns = [
  'split',
  'class',
  'source',
  'path',
  'video',
  'frame',
  'time',
  'track',
  'person',
  'score',
  'left',
  'top',
  'right',
  'bottom',
  'crop',
  'problem',
  'landmarks',
] as const;

/** A row that waits: all but its person, which is known by the name of its appearance. */
interface WaitingRow {
  readonly appearance: string;
  readonly row: CsvRow;
}

/**
 * The rows of the table `faces`: one for each face that counts. They wait on disk, since 68
 * landmarks take a kilobyte, and persons are known only when all units are examined.
 */
export class FaceRows implements Disposable {
  readonly #path: string;
  readonly #file: number;

  /** `scratch` is a folder for the waiting rows. */
  constructor(scratch: string) {
    this.#path = join(scratch, 'faces.jsonl');
    this.#file = openSync(this.#path, 'w');
  }

  /**
   * Takes the faces of a unit. `crop` is the key of a face's crop, empty where it was not cut, and
   * `problem` says why a face that `pick` chose was not.
   */
  add({ unit, faces }: ExaminedUnit, summaries: readonly FaceSummary[]): void {
    const lines = summaries.map(({ appearance, box, score, ...summary }, i) => {
      const image = unit.images[summary.image]!;
      const { landmarks } = faces[i]!.face;
      const row: CsvRow = {
        split: image.split,
        class: image.class,
        source: image.source,
        path: image.path,
        video: image.video,
        frame: image.frame,
        time: image.time,
        track: summary.track,
        score: rounded(score, 4),
        left: rounded(box.left, 2),
        top: rounded(box.top, 2),
        right: rounded(box.right, 2),
        bottom: rounded(box.bottom, 2),
        crop: summary.isPicked ? image.key + summary.suffix : '',
        problem: summary.isMisfit ? misfitReason : '',
        landmarks: landmarks.map(({ x, y }) => `${x.toFixed(1)} ${y.toFixed(1)}`).join(' '),
      };
      const waiting: WaitingRow = { appearance, row };
      return `${JSON.stringify(waiting)}\n`;
    });
    writeFileSync(this.#file, lines.join(''));
  }

  /** Writes the table at `path`; persons are by the names of appearances. */
  async write(path: string, persons: ReadonlyMap<string, string>): Promise<void> {
    const table = openSync(path, 'w');
    try {
      writeFileSync(table, csvLine(columns));
      let rest = '';
      for await (const chunk of createReadStream(this.#path, 'utf8')) {
        const lines = (rest + chunk).split('\n');
        rest = lines.pop()!;
        writeFileSync(table, lines.map((line) => recordOf(line, persons)).join(''));
      }
    } finally {
      closeSync(table);
    }
  }

  [Symbol.dispose](): void {
    closeSync(this.#file);
  }
}

function recordOf(line: string, persons: ReadonlyMap<string, string>): string {
  const { appearance, row } = JSON.parse(line) as WaitingRow;
  return csvRecord({ ...row, person: persons.get(appearance) }, columns);
}
