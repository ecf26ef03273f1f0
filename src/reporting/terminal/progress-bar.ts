import { shareDone } from '../../format-numbers.ts';
import type { Pace } from '../pace.ts';
import type { Paint } from './colour.ts';
import { progressParts } from './time-left.ts';

/** Columns of a bar; a narrow terminal keeps the room for the words. */
const barWidth = (columns: number): number => (columns < 100 ? 10 : 20);

/** A bar with how far some work is, for a terminal of so many columns. */
export function progressBar(pace: Pace, columns: number, paint: Paint): string {
  const width = barWidth(columns);
  const full = pace.progress === undefined ? 0 : Math.floor(shareDone(pace.progress) * width);
  const bar = paint.cyan('█'.repeat(full)) + paint.dim('░'.repeat(width - full));
  const [percent = '', ...parts] = progressParts(pace);
  return `${bar} ${percent.padStart(5)}  ${parts.join('  ')}`;
}
