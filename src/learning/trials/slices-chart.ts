import type { TopLevelSpec } from 'vega-lite';
import { logarithmicFormat, logarithmicTicks } from '../charts/axis-ticks.ts';
import { chart, type Domain, domainOf, type Part, quantity } from '../charts/encoders.ts';
import { fittedLabels } from '../charts/fit-text.ts';
import { palette } from '../charts/theme.ts';
import { headingOf, nearestTooltip, rowOf } from '../charts/tooltips.ts';
import { findMetric, titleOfPath } from '../metrics/metric-catalogue.ts';
import type { About } from './about.ts';
import { levelsOf, type TrialSetting, type Trials } from './trials.ts';

const width = 200;
const height = 180;
const across = 3;
const spacing = 28;

/** A panel for each setting: the result of every trial against it. The best trials are marked. */
export function slicesChart(sweep: Trials, about: About): TopLevelSpec {
  const { by, on, best, ranks, noun } = about;
  const { trials, settings } = sweep;
  const y = quantity('value', titleOfPath(on === '' ? by : `${on}.${by}`), {
    domain: domainOf(
      trials.map(({ value }) => value),
      findMetric(by)?.range,
    ),
    tickCount: 5,
  });
  const unnamed = { ...y, title: null, axis: { labels: false, ticks: false, tickCount: 5 } };
  const panels = settings.map((setting, index): Part => {
    const rows = trials.flatMap(({ name, value }, trial) => {
      const at = setting.values[trial];
      return at === undefined ? [] : [{ name, value, at, isBest: ranks[trial]! < best }];
    });
    // The best ones are drawn last, over the others.
    const values = rows.toSorted((a, b) => Number(a.isBest) - Number(b.isBest));
    return panel(setting, values, index % across === 0 ? y : unnamed);
  });
  const columns = Math.min(across, panels.length);
  const whole = columns * width + (columns - 1) * spacing + 60;
  const marked = best === 1 ? 'the best one' : `the best ${best}`;
  const title = `${findMetric(by)?.title ?? by} of each ${noun}, by setting`;
  return chart(
    title[0]!.toUpperCase() + title.slice(1),
    `${trials.length} ${noun}s; orange: ${marked}`,
    whole,
    { columns: across, spacing, concat: panels },
  );
}

function panel(setting: TrialSetting, values: readonly object[], y: Part): Part {
  const x = setting.isNumeric ? numberAxis(setting) : categoryAxis(setting);
  const best = { test: 'datum.isBest', value: palette[1] };
  return {
    width,
    height,
    data: { name: `slice-${setting.name}`, values: [...values] },
    layer: [
      {
        mark: { type: 'point', opacity: 0.75, size: 40 },
        encoding: { x, y, fill: { condition: best, value: palette[0] } },
      },
      nearestTooltip([headingOf('name'), rowOf(x), rowOf(y, 'Result')], { x, y }),
    ],
  };
}

function numberAxis({ title, values, isLogarithmic }: TrialSetting): Part {
  const numbers = values.filter((value) => typeof value === 'number');
  if (!isLogarithmic) {
    const isWhole = numbers.every(Number.isInteger);
    return quantity('at', title, {
      domain: domainOf(numbers),
      tickCount: 4,
      ...(isWhole && { tickMinStep: 1 }),
    });
  }
  const low = Math.min(...numbers);
  const high = Math.max(...numbers);
  const margin = 0.04 * Math.log(high / low);
  const domain: Domain = [low * Math.exp(-margin), high * Math.exp(margin)];
  return quantity('at', title, {
    domain,
    scale: { type: 'log', zero: undefined },
    values: logarithmicTicks(domain),
    format: logarithmicFormat(domain),
  });
}

function categoryAxis(setting: TrialSetting): Part {
  const names = levelsOf(setting).map(String);
  const step = width / names.length;
  return {
    field: 'at',
    type: 'nominal',
    title: setting.title,
    scale: { domain: names },
    axis: { labelAngle: 0, grid: true, ...fittedLabels(names, step - 6) },
  };
}
