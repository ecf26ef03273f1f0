import type { TopLevelSpec } from 'vega-lite';
import { integerTicks } from '../../src/charts/integer-ticks.ts';
import { ink } from '../../src/charts/theme.ts';
import type { History } from '../../src/training/history.ts';

const yTitles = { accuracy: 'Accuracy', loss: 'Loss (cross-entropy, nats)' } as const;
type Measure = keyof typeof yTitles;
type Panel = Extract<TopLevelSpec, { hconcat: unknown }>['hconcat'][number];

/** Beyond this many epochs the points of a line touch each other, and the line is clearer alone. */
const mostPoints = 30;

/**
 * Accuracy and loss against epoch, side by side, a line for each split, the kept epoch marked. The data is tidy, a row
 * for each epoch, split and measure, so that a further column, such as the run, extends it.
 *
 * The loss starts at zero; accuracies do not, since they lie in a narrow band far from it.
 */
export function historyChart(history: History, title = 'Accuracy and loss after each epoch'): TopLevelSpec {
  const rows = history.epochs.flatMap(({ epoch, splits }) =>
    history.splits.flatMap((split) =>
      (['accuracy', 'loss'] as const).map((measure) => ({ epoch, split, measure, value: splits[split]![measure] })),
    ),
  );
  return {
    title: { text: title, subtitle: `The weights of epoch ${history.chosenEpoch} were kept` },
    data: { name: 'history', values: rows },
    spacing: 36,
    hconcat: [panel(history, 'accuracy'), panel(history, 'loss')],
  };
}

function panel(history: History, measure: Measure): Panel {
  const x = epochAxis(history);
  const kept = { values: [{ epoch: history.chosenEpoch }] };
  const points = history.epochs.length <= mostPoints;
  return {
    width: 330,
    height: 260,
    layer: [
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

function epochAxis(history: History) {
  const epochs = history.epochs.map(({ epoch }) => epoch);
  const [first, last] = [Math.min(...epochs), Math.max(...epochs)];
  const single = first === last ? 1 : 0; // a single epoch stands in the middle
  return {
    field: 'epoch',
    type: 'quantitative' as const,
    title: 'Epoch',
    scale: { domain: [first - single, last + single], nice: false, zero: false, padding: 12 },
    axis: { values: [...integerTicks(first, last)], format: 'd', grid: false },
  };
}

/** From zero for losses; for accuracies the range of the values, at least a tenth wide, so that noise is not blown up. */
function yDomain(history: History, measure: Measure): [number, number] {
  const values = history.epochs.flatMap(({ splits }) => history.splits.map((split) => splits[split]![measure]));
  const [low, high] = [Math.min(...values), Math.max(...values)];
  if (measure === 'loss') return [0, high > 0 ? high : 1];
  const missing = Math.max(0, 0.1 - (high - low));
  const start = Math.min(Math.max(0, low - missing / 2), 0.9);
  return [start, Math.max(high, start + 0.1)];
}

function splitScale({ splits }: History) {
  return { field: 'split', type: 'nominal' as const, title: 'Split', scale: { domain: [...splits] } };
}
