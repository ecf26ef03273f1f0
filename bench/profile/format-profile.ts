import { formatRate } from '../../src/format-numbers.ts';
import { formatTable } from '../../src/reporting/terminal/text-layout.ts';
import type { MeasuredProfile } from './measured-profile.ts';
import type { NodeTime } from './step-profile.ts';

const mostRows = 24;
const mostNodes = 12;

/** The tables of a profile, as lines. */
export function formatProfile(profile: MeasuredProfile, stage: string): readonly string[] {
  const { total, steps, units, unit, kernels, operators, nodes } = profile;
  const rate =
    unit === undefined || units === 0 ? '' : `, ${formatRate((1000 * units) / total, unit)}`;
  const share = (time: number) => `${((100 * time) / total).toFixed(1)} %`;
  const timed = (time: number) => [milliseconds(time), share(time)];
  return [
    `${stage}: a step takes ${milliseconds(total)} ms${rate} (mean of ${steps})`,
    '',
    ...formatTable(
      ['where', 'ms', 'share'],
      partsOf(profile).map(([name, time]) => [name, ...timed(time)]),
    ),
    '',
    ...formatTable(
      ['kernel', 'phase', 'calls', 'ms', 'share'],
      firstOf(kernels, total, 'row').map(({ name, row, time }) => [
        name ?? row!.kernel,
        row?.phase ?? '',
        row === undefined ? '' : count(row.calls),
        ...timed(time),
      ]),
    ),
    '',
    ...formatTable(
      ['ONNX operator', 'nodes', 'ms', 'share'],
      firstOf(operators, total, 'operator').map(({ name, row, time }) => [
        name ?? row!.operator,
        row === undefined ? '' : count(row.executions),
        ...timed(time),
      ]),
    ),
    '',
    ...formatTable(
      ['ONNX node', 'of kernel', 'phase', 'ms', 'inputs'],
      nodes
        .slice(0, mostNodes)
        .map((node) => [
          node.operator,
          node.kernel,
          node.phase ?? '',
          milliseconds(node.time),
          shapes(node),
        ]),
    ),
  ];
}

/** The parts of a step by name, without those that took no time. */
export function partsOf({
  parts,
  unit,
}: MeasuredProfile): readonly (readonly [name: string, time: number])[] {
  const named = [
    ['ONNX Runtime', parts.graph],
    ["tfjs's cpu kernels", parts.cpu],
    [`waiting for ${unit ?? 'data'}`, parts.waiting],
    ['JavaScript', parts.host],
  ] as const;
  return named.filter(([, time]) => time >= 0.05);
}

/**
 * The first rows that take at least a thousandth of the step, and one row with the sum of the
 * others.
 */
function firstOf<T extends { readonly time: number }>(
  rows: readonly T[],
  total: number,
  noun: string,
) {
  const visible = rows.filter(({ time }) => time >= total / 1000).slice(0, mostRows);
  const named = visible.map((row) => ({ name: undefined, row, time: row.time }));
  const others = rows.slice(visible.length);
  if (others.length === 0) return named;
  const time = others.reduce((sum, row) => sum + row.time, 0);
  return [
    ...named,
    {
      name: `${others.length} other ${noun}${others.length === 1 ? '' : 's'}`,
      row: undefined,
      time,
    },
  ];
}

function shapes({ shapes }: NodeTime): string {
  const text = shapes.map((shape) => `[${shape.join(' ')}]`).join(' ');
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

export function milliseconds(time: number): string {
  const digits = decimalsOfTime(time);
  return time.toLocaleString('en-US', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}

function decimalsOfTime(time: number): number {
  if (time < 9.995) return 2;
  return time < 9999.5 ? 1 : 0;
}

/** A whole number as a rule; a mean with one decimal where steps differ. */
const count = (value: number): string => String(Number(value.toFixed(1)));
