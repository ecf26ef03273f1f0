import { useState } from 'preact/hooks';
import type { ComparisonGrid } from '../../compare/comparison-grid.ts';
import {
  bandOf,
  type CurveGroup,
  type CurvePanel,
  curveGroups,
  groupingSettings,
  smoothed,
} from '../../compare/curve-groups.ts';
import { Choice } from './choice.tsx';
import { CurvePlot, type PlottedLine } from './curve-plot.tsx';
import { lookOf } from './line-looks.ts';
import { useView } from './use-view.ts';

/** Beyond this many lines nobody can follow one. */
const mostLines = 100;

interface CurvePanelsProps {
  readonly grid: ComparisonGrid;
  readonly panels: readonly CurvePanel[];
  /** The places that the filter of the table leaves. */
  readonly shown: ReadonlySet<number>;
}

/**
 * Curves of what is compared, a line each or means by a setting. A press in the legend hides a
 * line; the one under the pointer is in front.
 */
export function CurvePanels({ grid, panels, shown }: CurvePanelsProps) {
  const { view, change, adjust } = useView('curves', 'smooth', 'log');
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const [front, setFront] = useState<string>();
  if (panels.length === 0) return null;
  const canBeEach = grid.labels.length <= mostLines;
  const isEach = view.curves === '' && canBeEach;
  const weight = Math.min(0.99, Math.max(0, Number(view.smooth) || 0));
  const groups = isEach
    ? [...shown].map((place) => ({ label: grid.labels[place]!, subjects: [place] }))
    : curveGroups(grid, view.curves).map(({ label, subjects }) => ({
        label,
        subjects: subjects.filter((place) => shown.has(place)),
      }));
  const names = groups.map(({ label }) => label);
  const toggle = (name: string) => {
    const next = new Set(hidden);
    if (!next.delete(name)) next.add(name);
    setHidden(next);
  };
  return (
    <section aria-labelledby="curves-title">
      <h2 id="curves-title">Curves</h2>
      <Controls
        grid={grid}
        view={view}
        isEach={isEach}
        canBeEach={canBeEach}
        weight={weight}
        change={change}
        adjust={adjust}
      />
      <div class="curves">
        {panels.map((panel, index) => (
          <CurvePlot
            key={panel.name}
            id={`curves-${index}`}
            panel={panel}
            lines={plotted(panel, groups, { isEach, weight, hidden })}
            isSmoothed={weight > 0}
            isLogarithmic={view.log === 'yes'}
            front={front}
            bringToFront={setFront}
          />
        ))}
      </div>
      <Legend
        names={names}
        hidden={hidden}
        toggle={toggle}
        all={() => setHidden(hidden.size > 0 ? new Set() : new Set(names))}
        bringToFront={setFront}
      />
    </section>
  );
}

/** How lines are made of curves. */
interface Drawing {
  /** Whether each subject has its line; otherwise a group has its mean with a band. */
  readonly isEach: boolean;
  /** Of smoothing, 0 for none. */
  readonly weight: number;
  /** The names of lines that are not drawn. */
  readonly hidden: ReadonlySet<string>;
}

/** The lines of a panel, one for each group that has a curve there. */
const plotted = (
  { lines }: CurvePanel,
  groups: readonly CurveGroup[],
  { isEach, weight, hidden }: Drawing,
): readonly PlottedLine[] =>
  groups.flatMap((group, index): readonly PlottedLine[] => {
    if (hidden.has(group.label)) return [];
    const band = isEach ? undefined : bandOf(lines, group);
    const own = lines.find(({ subject }) => subject === group.subjects[0])?.points ?? [];
    const measured = band?.map(({ step, value }) => [step, value] as const) ?? own;
    if (measured.length === 0) return [];
    const look = lookOf(index);
    const points = smoothed(measured, weight);
    return [{ name: group.label, look, points, measured, ...(band && { band }) }];
  });

type CurvesView = Readonly<Record<'curves' | 'smooth' | 'log', string>>;

interface ControlsProps extends Pick<Drawing, 'isEach' | 'weight'> {
  readonly grid: ComparisonGrid;
  readonly view: CurvesView;
  readonly canBeEach: boolean;
  change(part: Partial<CurvesView>): void;
  adjust(part: Partial<CurvesView>): void;
}

/** How curves are grouped, smoothed and scaled. */
function Controls({ grid, view, isEach, canBeEach, weight, change, adjust }: ControlsProps) {
  return (
    <form class="line" onSubmit={(event) => event.preventDefault()}>
      <Choice
        label="Curves by"
        value={isEach ? '' : view.curves || 'mean'}
        options={[
          ...(canBeEach ? [''] : []),
          ...(view.curves === '' && !isEach ? ['mean'] : []),
          ...groupingSettings(grid).map(({ name }) => name),
          'all',
        ]}
        titles={{ '': 'each', all: 'all together', mean: 'a setting' }}
        choose={(curves) => change({ curves })}
      />
      <label>
        Smoothing{' '}
        <input
          type="range"
          min="0"
          max="0.99"
          step="0.01"
          value={weight}
          onInput={({ currentTarget }) =>
            adjust({ smooth: currentTarget.value === '0' ? '' : currentTarget.value })
          }
        />
      </label>
      <label>
        <input
          type="checkbox"
          checked={view.log === 'yes'}
          onChange={({ currentTarget }) => change({ log: currentTarget.checked ? 'yes' : '' })}
        />{' '}
        Logarithmic
      </label>
      <span class="soft small" role="status">
        {weight === 0
          ? 'Not smoothed: as measured.'
          : `Smoothed by a moving average of weight ${weight}; faint: as measured.`}
        {!isEach && ' Means, with a band from the least to the greatest.'}
      </span>
    </form>
  );
}

interface LegendProps {
  readonly names: readonly string[];
  readonly hidden: ReadonlySet<string>;
  toggle(name: string): void;
  all(): void;
  bringToFront(name: string | undefined): void;
}

/** The lines by their names; a press hides one or shows it again. */
const Legend = ({ names, hidden, toggle, all, bringToFront }: LegendProps) => (
  <fieldset class="curve-legend">
    <legend class="soft small">Press a name to hide its line</legend>
    {names.length > 1 && (
      <button type="button" class="quiet" onClick={all}>
        {hidden.size > 0 ? 'Show all' : 'Hide all'}
      </button>
    )}
    {names.map((name, index) => {
      const { colour, dash } = lookOf(index);
      return (
        <button
          type="button"
          class="quiet"
          key={name}
          aria-pressed={!hidden.has(name)}
          onClick={() => toggle(name)}
          onPointerEnter={() => bringToFront(name)}
          onPointerLeave={() => bringToFront(undefined)}
          onFocus={() => bringToFront(name)}
          onBlur={() => bringToFront(undefined)}
        >
          <svg width="26" height="10" aria-hidden="true">
            <line x1="1" x2="25" y1="5" y2="5" style={{ stroke: colour }} stroke-dasharray={dash} />
          </svg>{' '}
          {name}
        </button>
      );
    })}
  </fieldset>
);
