import { formatWholeSeconds, shareDone } from '../../format-numbers.ts';
import type { Paint, Style } from './colour.ts';
import { clip, displayWidth, padEnd } from './display-width.ts';
import type { RegionLine } from './live-region.ts';
import { progressParts } from './progress-parts.ts';
import type { RunningStage } from './running-stages.ts';

/** Narrow terminals keep the room for the words. */
const barWidth = (columns: number): number => (columns < 100 ? 12 : 20);
const longestName = 32;

/** A row for each running stage, as many as fit, the longest running first; the last says how many are left out. */
export function runningRows(
  stages: readonly RunningStage[],
  now: number,
  { columns, rows, paint }: { readonly columns: number; readonly rows: number; readonly paint: Paint },
): readonly RegionLine[] {
  const shown = stages.length > rows ? stages.slice(0, rows - 1) : stages;
  const nameWidth = Math.min(longestName, Math.max(0, ...shown.map(({ name }) => displayWidth(name))));
  const lines = shown.map((stage) => layOut(rowOf(stage, nameWidth, columns, now), columns, paint));
  const hidden = stages.length - shown.length;
  return hidden > 0 ? [...lines, layOut([[`  … and ${hidden} more running`, 'dim']], columns, paint)] : lines;
}

type Segment = readonly [text: string, style?: Style];

function rowOf(stage: RunningStage, nameWidth: number, columns: number, now: number): readonly Segment[] {
  const name: Segment = [`  ${padEnd(clip(stage.name, nameWidth), nameWidth)}  `];
  const attempt: Segment = [stage.attempt > 1 ? `  attempt ${stage.attempt}/${stage.attempts}` : '', 'yellow'];
  if (stage.progress === undefined) {
    const line = stage.lastLine ?? '';
    return [name, [formatWholeSeconds((now - stage.startedAt) / 1000)], attempt, [line && `  ${line}`, 'dim']];
  }
  const [percent = '', ...parts] = progressParts(stage);
  const full = Math.floor(shareDone(stage.progress) * barWidth(columns));
  const bar: readonly Segment[] = [
    ['█'.repeat(full), 'cyan'],
    ['░'.repeat(barWidth(columns) - full), 'dim'],
  ];
  return [name, ...bar, [` ${percent.padStart(5)}  ${parts.join('  ')}`], attempt];
}

/** Segments on one line, cut to the width: a line that wrapped would break the drawing in place. */
export function layOut(segments: readonly Segment[], columns: number, paint: Paint): RegionLine {
  let [plain, painted] = ['', ''];
  for (const [text, style] of segments) {
    const part = clip(text.replaceAll(/[\t\n]/g, ' '), columns - displayWidth(plain));
    plain += part;
    painted += style === undefined || part === '' ? part : paint(style, part);
  }
  return { plain, painted };
}
