import { render } from 'preact';
import type { ComparisonGrid, MetricColumn } from '../../compare/comparison-grid.ts';
import type { GridData } from '../compare-page.ts';
import { filterRows, type RangeTexts, withRange } from '../filter-query.ts';
import {
  bestOf,
  type GridRow,
  gridColumns,
  gridRows,
  sharedSettings,
  sortGrid,
} from '../grouped-rows.ts';
import { inQuery } from '../parse-query.ts';
import { measuredDigits, numberText } from './aligned-numbers.ts';
import { Choice } from './choice.tsx';
import { ColumnHead } from './column-head.tsx';
import { CurvePanels } from './curve-panels.tsx';
import { FilterField } from './filter-field.tsx';
import { Mark } from './mark.tsx';
import { type Range, SettingsPanel } from './settings-panel.tsx';
import { useView } from './use-view.ts';

const container = document.getElementById('grid');
if (container !== null) {
  const data: GridData = JSON.parse(document.getElementById('page-data')!.textContent);
  render(<Compared {...data} />, container);
}

/** What is compared as rows, filtered and sorted, on request the means over a setting; charts. */
function Compared({ grid, baseline, theme, charts, curves }: GridData) {
  const { view, change, adjust } = useView('q', 'sort', 'over', 'from');
  const columns = gridColumns(grid);
  const { rows: shownPlaces, unknown, problem } = filterRows(columns, grid.labels.length, view.q);
  const shown = new Set(shownPlaces);
  const rows = gridRows(grid, { over: view.over, places: shownPlaces });
  const from = view.from === '' ? baseline : Number(view.from);
  const hasDifferences = from >= 0 && view.over === '';
  const brush = (ranges: readonly Range[]) =>
    change({ q: ranges.reduce((q, range) => withRange(q, range.name, textsOf(range)), view.q) });
  return (
    <>
      <form class="line" onSubmit={(event) => event.preventDefault()}>
        <FilterField
          q={view.q}
          example={exampleOf(grid)}
          columns={columns}
          problem={unknown.length > 0 ? `There is no column ${unknown.join(', ')}.` : problem}
          query={(q) => adjust({ q })}
        />
        {view.q !== '' && (
          <button type="button" onClick={() => change({ q: '' })}>
            Show all
          </button>
        )}
        <label>
          Mean over{' '}
          <select
            value={view.over}
            onChange={({ currentTarget }) => change({ over: currentTarget.value })}
          >
            <option value="">nothing</option>
            {grid.settings.map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        {view.over === '' && (
          <Choice
            label="Differences from"
            value={String(from)}
            options={['-1', ...grid.labels.keys()].map(String)}
            titles={{ '-1': 'none', ...Object.fromEntries(grid.labels.entries()) }}
            choose={(from) => change({ from })}
          />
        )}
        <span class="soft small" role="status">
          {shown.size < grid.labels.length && `${shown.size} of ${grid.labels.length}. `}
          {view.over === ''
            ? 'Intervals are at 95 %, over other test images.'
            : 'Means with their 95 % interval by Student’s t, and a point for each.'}
          {hasDifferences &&
            ` Small: the row minus ${from === baseline ? 'the baseline' : grid.labels[from]}.`}
        </span>
      </form>
      <Table
        grid={grid}
        rows={sortGrid(rows, grid, view.sort)}
        from={hasDifferences ? rowOf(grid, from) : undefined}
        baseline={view.over === '' ? baseline : -1}
        sort={view.sort}
        sortBy={(sort) => change({ sort })}
      />
      <SettingsPanel grid={grid} theme={theme} charts={charts} shown={shown} brush={brush} />
      <CurvePanels grid={grid} panels={curves} shown={shown} />
    </>
  );
}

/** The row of one subject. */
function rowOf(grid: ComparisonGrid, place: number): GridRow | undefined {
  return gridRows(grid, { over: '', places: [place] })[0];
}

function exampleOf({ settings, metrics }: ComparisonGrid): string {
  const [setting] = settings;
  const [metric] = metrics;
  const value = setting?.values.find((cell) => cell !== null);
  const first =
    setting && value != null ? `${inQuery(setting.name)}=${inQuery(String(value))}` : '';
  return `${first} ${metric === undefined ? '' : `${inQuery(metric.name)}>0.8`}`.trim();
}

/** The ends of a range with few digits, so that the filter can be read. */
function textsOf(range: Range): RangeTexts {
  if ('values' in range) return { values: range.values };
  const digits = 4;
  const { low, high } = range;
  // Rounded outwards: what lies on the edge of what was dragged over stays inside.
  const size = Math.max(Math.abs(low), Math.abs(high)) || 1;
  const step = 10 ** (Math.floor(Math.log10(size)) - digits + 1);
  const outwards = (value: number, round: (value: number) => number) =>
    String(Number((round(value / step) * step).toPrecision(digits)));
  return low > 0 && high / low > 100
    ? { low: low.toPrecision(digits), high: high.toPrecision(digits) }
    : { low: outwards(low, Math.floor), high: outwards(high, Math.ceil) };
}

interface TableProps {
  readonly grid: ComparisonGrid;
  readonly rows: readonly GridRow[];
  /** The row from which differences are shown, which the filter may hide. */
  readonly from: GridRow | undefined;
  /** The place of the subject that somebody made the baseline; -1: of none. */
  readonly baseline: number;
  readonly sort: string;
  sortBy(sort: string): void;
}

function Table({ grid, rows, from, baseline, sort, sortBy }: TableProps) {
  const settings = sharedSettings(grid, rows);
  if (rows.length === 0) return <p class="soft">Nothing meets the filter.</p>;
  const order = { sort, sortBy };
  return (
    <section
      class="scroll card tall rows"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
      tabIndex={0}
      aria-label="A row for each"
    >
      <table>
        <thead>
          <tr>
            <th scope="col">name</th>
            {settings.map(({ name, values }) => (
              <ColumnHead
                key={name}
                name={name}
                isNumber={typeof values[0] === 'number'}
                {...order}
              />
            ))}
            {grid.metrics.map(({ name, better }) => (
              <ColumnHead
                key={name}
                name={name}
                note={better === undefined ? '' : `${better} is better`}
                isNumber
                {...order}
              />
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.subjects.join()}>
              <th scope="row">
                {row.label}
                {row.subjects[0] === baseline && <span class="tag">baseline</span>}
              </th>
              {settings.map(({ name, values }) => (
                <td key={name} class={typeof values[0] === 'number' ? 'number' : 'text'}>
                  {values[row.subjects[0]!] ?? '–'}
                </td>
              ))}
              {grid.metrics.map((metric, index) => (
                <Measured
                  key={metric.name}
                  metric={metric}
                  index={index}
                  row={row}
                  rows={rows}
                  from={from?.numbers[index]?.value}
                />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

interface MeasuredProps {
  readonly metric: MetricColumn;
  readonly index: number;
  readonly row: GridRow;
  readonly rows: readonly GridRow[];
  /** The number from which the difference is shown; undefined: none is. */
  readonly from: number | undefined;
}

/** A number of a row; the best of its column is bold. */
function Measured({ metric, index, row, rows, from }: MeasuredProps) {
  const number = row.numbers[index];
  if (number === undefined) return <td class="number">–</td>;
  const all = rows.flatMap(({ numbers }) => numbers[index] ?? []);
  const digits = measuredDigits(all.map(({ value }) => Number(value.toPrecision(6))));
  const text = (value: number) => numberText(value, digits);
  const ends = all.flatMap(({ ends, each }) => [...(ends ?? []), ...each]);
  const isBest = number.value === bestOf(rows, index, metric.better);
  return (
    <td class="number">
      {isBest ? <strong>{text(number.value)}</strong> : text(number.value)}
      {from !== undefined && from !== number.value && (
        <span class="soft small">
          {' '}
          {number.value > from && '+'}
          {text(number.value - from)}
        </span>
      )}
      {number.ends !== undefined && (
        <Mark
          values={number.each}
          ends={number.ends}
          scale={[Math.min(...ends), Math.max(...ends)]}
          text={text}
        />
      )}
    </td>
  );
}
