import type { TopLevelSpec } from 'vega-lite';
import { chartTitle } from '../../src/charts/chart-title.ts';
import { integerTicks } from '../../src/charts/integer-ticks.ts';
import { textWidth } from '../../src/charts/text-width.ts';
import { ink } from '../../src/charts/theme.ts';
import type { History } from '../../src/training/history.ts';

const yTitles = { accuracy: 'Accuracy', loss: 'Loss (cross-entropy, nats)' } as const;
/** Cross-entropy of a half for each of two classes. */
const chanceLoss = Math.LN2;

type Measure = keyof typeof yTitles;
type Layers = Extract<TopLevelSpec, { layer: unknown }>['layer'];
type Panel = Extract<TopLevelSpec, { hconcat: unknown }>['hconcat'][number];

export const defaultTitle = 'Accuracy and loss after each epoch';

const panelWidth = 330;
const spacing = 36;

/** Beyond this many epochs the points of a line touch each other, and the line is clearer alone. */
const mostPoints = 30;

/**
 * Accuracy and loss against epoch, side by side, a line for each split, the kept epoch marked. The data is tidy, a row
 * for each epoch, split and measure, so that a further column, such as the run, extends it.
 *
 * Both measures lie in a narrow band as a rule, far from zero, so the axes show the band. The loss of guessing, ln 2 with
 * two classes, is ruled where it is near.
 */
export function historyChart(history: History, title = defaultTitle): TopLevelSpec {
  const rows = history.epochs.flatMap(({ epoch, splits }) =>
    history.splits.flatMap((split) =>
      (['accuracy', 'loss'] as const).map((measure) => ({ epoch, split, measure, value: splits[split]![measure] })),
    ),
  );
  return {
    title: chartTitle(title, `The weights of epoch ${history.chosenEpoch} were kept`, 2 * panelWidth + spacing),
    data: { name: 'history', values: rows },
    spacing,
    hconcat: [panel(history, 'accuracy'), panel(history, 'loss')],
  };
}

function panel(history: History, measure: Measure): Panel {
  const x = epochAxis(history);
  const kept = { values: [{ epoch: history.chosenEpoch }] };
  const points = history.epochs.length <= mostPoints;
  return {
    width: panelWidth,
    height: 260,
    layer: [
      ...(measure === 'loss' ? chanceRule(history) : []),
      { data: kept, mark: { type: 'rule', color: ink.medium, strokeDash: [4, 4] }, encoding: { x } },
      {
        data: kept,
        mark: { type: 'text', text: 'kept', color: ink.medium, baseline: 'bottom' },
        encoding: { x, y: { value: -5 } },
      },
      {
        transform: [{ filter: { field: 'measure', equal: measure } }],
        mark: { type: 'line', point: points },
        encoding: {
          x,
          y: {
            field: 'value',
            type: 'quantitative',
            title: yTitles[measure],
            scale: { domain: yDomain(history, measure), nice: 6, zero: false },
            axis: { tickCount: 6 },
          },
          color: splitScale(history),
          ...(points ? { shape: splitScale(history) } : {}), // so that a print in grey can be read too
        },
      },
    ],
  };
}

/** A rule at the loss of guessing, where the axis has it; its name keeps out of the way of the rule of the kept epoch. */
function chanceRule(history: History): Layers {
  const [low, high] = yDomain(history, 'loss');
  if (chanceLoss < low || chanceLoss > high) return [];
  const keptLate = history.chosenEpoch > history.epochs.length / 2 && history.epochs.length > 1;
  const data = { values: [{ chance: chanceLoss }] };
  const y = { field: 'chance', type: 'quantitative' as const };
  return [
    { data, mark: { type: 'rule', color: ink.medium, strokeDash: [2, 3] }, encoding: { y } },
    {
      data,
      mark: { type: 'text', text: 'chance, ln 2', color: ink.medium, align: 'right', baseline: 'bottom', dy: -3 },
      encoding: { x: { value: keptLate ? panelWidth / 2 : panelWidth }, y },
    },
  ];
}

function epochAxis(history: History) {
  const epochs = history.epochs.map(({ epoch }) => epoch);
  const [first, last] = [Math.min(...epochs), Math.max(...epochs)];
  const single = first === last ? 1 : 0; // a single epoch stands in the middle
  const most = Math.min(12, Math.floor(panelWidth / (textWidth(`${last}`, 12) + 14))); // labels do not touch
  return {
    field: 'epoch',
    type: 'quantitative' as const,
    title: 'Epoch',
    scale: { domain: [first - single, last + single], nice: false, zero: false, padding: 12 },
    axis: { values: [...integerTicks(first, last, most)], format: 'd', grid: false },
  };
}

/** The range of the values, so wide at least that noise is not blown up: a tenth for accuracies. */
function yDomain(history: History, measure: Measure): [number, number] {
  const values = history.epochs.flatMap(({ splits }) => history.splits.map((split) => splits[split]![measure]));
  const [low, high] = [Math.min(...values), Math.max(...values)];
  if (measure === 'loss') return lossDomain(low, high);
  const missing = Math.max(0, 0.1 - (high - low));
  const start = Math.min(Math.max(0, low - missing / 2), 0.9);
  return [start, Math.max(high, start + 0.1)];
}

/** With a margin, from zero where that is not far, and with the loss of guessing where it is a quarter of the range away. */
function lossDomain(low: number, high: number): [number, number] {
  const near = Math.max(high - low, 0.02) / 4;
  const bottom = chanceLoss < low && chanceLoss >= low - near ? chanceLoss : low;
  const top = chanceLoss > high && chanceLoss <= high + near ? chanceLoss : high;
  const margin = Math.max((top - bottom) * 0.05, (0.02 - (top - bottom)) / 2);
  const start = bottom < top / 3 ? 0 : Math.max(0, bottom - margin);
  return [start, Math.max(top + margin, start + 0.02)];
}

function splitScale({ splits }: History) {
  return { field: 'split', type: 'nominal' as const, title: 'Split', scale: { domain: [...splits] } };
}
