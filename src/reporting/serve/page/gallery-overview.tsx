import { useMemo } from 'preact/hooks';
import { formatShare } from '../../../format-numbers.ts';
import { filterRows, withCondition } from '../filter-query.ts';
import type { Cells, TableProps } from './gallery-cells.ts';

/** Bars are at least 24 pixels wide, so that fingers find them. */
const binsOf = (width: number) => (width < 640 ? 10 : 20);
const mostClasses = 12;

interface OverviewProps extends TableProps {
  readonly q: string;
  query(q: string): void;
}

/**
 * The confusion matrix and the distribution of scores of labelled images; a cell or bin leads to
 * the images that it counts.
 */
export function Overview({ table, cell, q, query }: OverviewProps) {
  const unscored = withCondition(q, 'score', '');
  const rowsOf = (text: string) =>
    useMemo(() => filterRows(table.columns, table.indexes.length, text).rows, [table, text]);
  const withoutRight = without(q, 'right', 'right2');
  const agreeing = rowsOf(withoutRight);
  const called = rowsOf(unscored);
  const isSecond = table.columns.some(({ name }) => name === 'right2');
  if (
    !table.columns.some(
      ({ name, values }) => name === 'right' && values.some((value) => value !== null),
    )
  )
    return null;
  return (
    <div class="overview">
      {(isSecond ? models : models.slice(0, 1)).map(({ suffix, title }) => {
        const predicted = `predicted${suffix}`;
        const base = without(q, 'class', predicted, `right${suffix}`, `score${suffix}`);
        return (
          <Confusion
            key={suffix}
            title={isSecond ? title : ''}
            rows={rowsOf(base)}
            within={base}
            cell={cell}
            predicted={predicted}
            order={table.scored?.classes ?? []}
            open={(of, as) => query(withCondition(withCondition(base, 'class', of), predicted, as))}
          />
        );
      })}
      {isSecond && (
        <Agreement
          rows={agreeing}
          cell={cell}
          open={(first, second) =>
            query(withCondition(withCondition(withoutRight, 'right', first), 'right2', second))
          }
        />
      )}
      <Histogram
        rows={called}
        cell={cell}
        score={table.scored?.score ?? ''}
        open={(low, high) =>
          query(
            `${withCondition(q, 'score', String(low), '>=')}${high < 1 ? ` score<${high}` : ''}`,
          )
        }
      />
    </div>
  );
}

/** The models of a gallery by what follows the names of their columns. */
const models = [
  { suffix: '', title: 'First model' },
  { suffix: '2', title: 'Second model' },
] as const;

/** A query without the conditions on these columns. */
const without = (q: string, ...names: readonly string[]): string =>
  names.reduce((text, name) => withCondition(text, name, ''), q);

interface PartProps<Of> {
  readonly rows: readonly number[];
  readonly cell: Cells;
  open(from: Of, to: Of): void;
}

interface ConfusionProps extends PartProps<string> {
  /** Which of two models it is of; empty for the only one. */
  readonly title: string;
  /** The query whose images it counts. */
  readonly within: string;
  /** The column of predicted classes. */
  readonly predicted: string;
  readonly order: readonly string[];
}

/** Images by class and predicted class; the shade is the share of the class. */
function Confusion({ rows, cell, open, order, title, within, predicted }: ConfusionProps) {
  const valuesOf = (...names: readonly string[]) =>
    order.filter((value) => rows.some((row) => names.some((name) => cell(name, row) === value)));
  const classes = valuesOf('class');
  const called = valuesOf('class', predicted);
  const count = (of: string, as: string) =>
    rows.filter((row) => cell('class', row) === of && cell(predicted, row) === as).length;
  const totals = new Map(
    classes.map((of) => [of, called.reduce((sum, as) => sum + count(of, as), 0)]),
  );
  if (classes.length > mostClasses) return null;
  return (
    <div class="scroll card">
      <table class="confusion">
        <caption>
          {title !== '' && `${title}: `}True class (rows) by predicted class (columns)
          {within !== '' && <span class="soft"> of {within}</span>}
        </caption>
        <thead>
          <tr>
            <td />
            {called.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {classes.map((of) => (
            <tr key={of}>
              <th scope="row">{of}</th>
              {called.map((as) => {
                const share = count(of, as) / (totals.get(of) || 1);
                const shade = `color-mix(in srgb, #56b4e9 ${Math.round(45 * share)}%, var(--paper))`;
                return (
                  <td key={as}>
                    <button
                      type="button"
                      style={{ background: shade }}
                      onClick={() => open(of, as)}
                    >
                      {count(of, as)}
                      <small>{formatShare(share)}</small>
                      <span class="hidden">
                        : {of} called {as}
                      </span>
                    </button>
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const answers = ['yes', 'no'] as const;

/** How many images two models classify right, both, one of them or none. */
function Agreement({ rows, cell, open }: PartProps<string>) {
  const count = (first: string, second: string) =>
    rows.filter((row) => cell('right', row) === first && cell('right2', row) === second).length;
  const words = { yes: 'right', no: 'wrong' };
  return (
    <div class="scroll card">
      <table class="confusion">
        <caption>First model by second model</caption>
        <thead>
          <tr>
            <td />
            {answers.map((second) => (
              <th key={second} scope="col">
                second {words[second]}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {answers.map((first) => (
            <tr key={first}>
              <th scope="row">first {words[first]}</th>
              {answers.map((second) => (
                <td key={second}>
                  <button
                    type="button"
                    aria-label={`${count(first, second)}: first ${words[first]}, second ${words[second]}`}
                    onClick={() => open(first, second)}
                  >
                    {count(first, second)}
                  </button>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Histogram({ rows, cell, open, score }: PartProps<number> & { readonly score: string }) {
  const bins = binsOf(innerWidth);
  const counts = Array.from({ length: bins }, () => ({ yes: 0, no: 0 }));
  for (const row of rows) {
    const bin = counts[Math.min(bins - 1, Math.floor(Number(cell('score', row)) * bins))];
    if (bin !== undefined) bin[cell('right', row) === 'no' ? 'no' : 'yes'] += 1;
  }
  const most = Math.max(1, ...counts.map(({ yes, no }) => yes + no));
  return (
    <fieldset class="histogram card">
      <legend>
        Right <span class="swatch good" /> and wrong <span class="swatch bad" />, at most {most}{' '}
        images a bar
      </legend>
      <div>
        {counts.map(({ yes, no }, bin) => (
          <button
            key={bin}
            type="button"
            disabled={yes + no === 0}
            title={`${bin / bins} to ${(bin + 1) / bins}: ${yes} right, ${no} wrong`}
            aria-label={`${bin / bins} to ${(bin + 1) / bins}, ${yes + no} images`}
            onClick={() => open(bin / bins, (bin + 1) / bins)}
          >
            <span class="bad" style={{ height: `${(64 * no) / most}px` }} />
            <span class="good" style={{ height: `${(64 * yes) / most}px` }} />
          </button>
        ))}
      </div>
      <div class="axis soft small">
        <span>0</span>
        <span>0.5</span>
        <span>1</span>
      </div>
      <div class="soft small">{score}</div>
    </fieldset>
  );
}
