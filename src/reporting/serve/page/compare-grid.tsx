import { render } from 'preact';
import type { ComparisonGrid, MetricColumn } from '../../compare/comparison-grid.ts';
import type { GridData } from '../compare-page.ts';
import { bestOf, type GridRow, gridRows, sharedSettings, sortGrid } from '../grouped-rows.ts';
import { measuredDigits, numberText } from './aligned-numbers.ts';
import { ColumnHead } from './column-head.tsx';
import { Scatter } from './compare-scatter.tsx';
import { Mark } from './mark.tsx';
import { useView } from './use-view.ts';

const container = document.getElementById('grid');
if (container !== null) {
  const data: GridData = JSON.parse(document.getElementById('data')!.textContent);
  render(<Grid {...data} />, container);
}

/** What is compared as rows, sorted by any column, on request the means over a setting. */
function Grid({ grid, baseline, theme }: GridData) {
  const { view, change } = useView('sort', 'over');
  const rows = gridRows(grid, view.over);
  return (
    <>
      <form class="line" onSubmit={(event) => event.preventDefault()}>
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
        <span class="soft small">
          {view.over === ''
            ? 'Intervals are at 95 %, over other test images.'
            : 'Means with their 95 % interval by Student’s t, and a point for each.'}
          {baseline >= 0 && view.over === '' && ' Differences are from the baseline.'}
        </span>
      </form>
      <Table
        grid={grid}
        rows={sortGrid(rows, grid, view.sort)}
        baseline={rows.find(({ subjects }) => view.over === '' && subjects[0] === baseline)}
        sort={view.sort}
        sortBy={(sort) => change({ sort })}
      />
      <Scatter grid={grid} theme={theme} />
    </>
  );
}

interface TableProps {
  readonly grid: ComparisonGrid;
  readonly rows: readonly GridRow[];
  /** The row that the others are compared with. */
  readonly baseline: GridRow | undefined;
  readonly sort: string;
  sortBy(sort: string): void;
}

function Table({ grid, rows, baseline, sort, sortBy }: TableProps) {
  const settings = sharedSettings(grid, rows);
  const head = (name: string, note = '') => (
    <ColumnHead key={name} name={name} note={note} sort={sort} sortBy={sortBy} />
  );
  return (
    <section
      class="scroll card tall rows"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
      tabIndex={0}
      aria-label="Side by side"
    >
      <table>
        <thead>
          <tr>
            <th scope="col">of</th>
            {settings.map(({ name }) => head(name))}
            {grid.metrics.map(({ name, better }) =>
              head(name, better === undefined ? '' : `${better} is better`),
            )}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.subjects.join()}>
              <th scope="row">
                {row.label}
                {row.subjects[0] === baseline?.subjects[0] && <span class="tag">baseline</span>}
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
                  baseline={baseline?.numbers[index]?.value}
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
  /** The number of the baseline; undefined without one. */
  readonly baseline: number | undefined;
}

/** A number of a row; the best of its column is bold. */
function Measured({ metric, index, row, rows, baseline }: MeasuredProps) {
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
      {baseline !== undefined && baseline !== number.value && (
        <span class="soft small">
          {' '}
          {number.value > baseline && '+'}
          {text(number.value - baseline)}
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
