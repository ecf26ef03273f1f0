import type { ComparisonGrid } from '../../compare/comparison-grid.ts';
import { type HeatCells, heatCells, type Member } from '../../heat-cells.ts';
import { measuredDigits, numberText } from './aligned-numbers.ts';
import { Choice } from './choice.tsx';
import { useView } from './use-view.ts';

interface HeatMapProps {
  readonly grid: ComparisonGrid;
  readonly metric: string;
  readonly shown: ReadonlySet<number>;
}

/** The mean of a metric for each pair of values of two settings. */
export function HeatMap({ grid, metric, shown }: HeatMapProps) {
  const { view, change } = useView('down', 'across');
  const names = grid.settings.map(({ name }) => name);
  const down = names.includes(view.down) ? view.down : names[0]!;
  const others = names.filter((name) => name !== down);
  const across = others.includes(view.across) ? view.across : others[0];
  if (across === undefined) return <p class="soft padded">There is only one setting.</p>;
  const column = grid.metrics.find(({ name }) => name === metric)!;
  const members = [...shown].flatMap((place): readonly Member[] => {
    const value = column.values[place];
    if (value == null) return [];
    const axes = grid.settings.map(
      ({ name, values }) => [name, String(values[place] ?? '–')] as const,
    );
    return [{ axes: new Map(axes), value }];
  });
  const { better = 'higher' } = column;
  const heat = heatCells(members, { down, across, better });
  return (
    <>
      <form class="line padded" onSubmit={(event) => event.preventDefault()}>
        <Choice label="Down" value={down} options={names} choose={(down) => change({ down })} />
        <Choice
          label="Across"
          value={across}
          options={others}
          choose={(across) => change({ across })}
        />
      </form>
      <HeatTable
        down={down}
        across={across}
        title={`${metric} by ${down} and ${across}`}
        heat={heat}
      />
      <figcaption>Means of those that the filter leaves; bold: the best.</figcaption>
    </>
  );
}

interface HeatTableProps {
  readonly down: string;
  readonly across: string;
  readonly title: string;
  readonly heat: HeatCells;
}

function HeatTable({ down, across, title, heat: { rows, columns, cells } }: HeatTableProps) {
  const means = cells.flat().flatMap((cell) => cell?.mean ?? []);
  const digits = measuredDigits(means.map((mean) => Number(mean.toPrecision(6))));
  return (
    <section
      class="scroll"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
      tabIndex={0}
      aria-label={title}
    >
      <table class="matrix">
        <caption>{title}</caption>
        <thead>
          <tr>
            <th scope="col">
              {down} \ {across}
            </th>
            {columns.map((name) => (
              <th scope="col" class="number" key={name}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {cells.map((row, i) => (
            <tr key={rows[i]}>
              <th scope="row">{rows[i]}</th>
              {row.map((cell, j) => (
                <td
                  key={columns[j]}
                  class="number"
                  title={cell && `mean of ${cell.count}`}
                  style={
                    cell && {
                      background: `color-mix(in srgb, var(--accent) ${cell.shade}%, var(--paper))`,
                    }
                  }
                >
                  {cell === undefined && '–'}
                  {cell &&
                    (cell.isBest ? (
                      <strong>{numberText(cell.mean, digits)}</strong>
                    ) : (
                      numberText(cell.mean, digits)
                    ))}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
