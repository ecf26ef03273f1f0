import { groupBy } from '../../group-by.ts';
import { curveCharts, type OwnedCurves } from '../curve-charts.ts';
import { isDone } from '../run-model.ts';
import { baseName } from '../stage-base-name.ts';
import { renderChart } from './chart-figure.ts';
import { type Html, html } from './html.ts';
import type { ReportStage } from './report-model.ts';

/** The charts of a stage that still runs. */
export function runningCurves(stage: ReportStage): readonly Html[] {
  const when = reached(stage);
  const reading = 'Still running';
  return when === undefined
    ? []
    : figures(stage.name, [ownCurves(stage)], { when: `after ${when}`, reading });
}

/**
 * The charts of stages that have ended, those of the instances of a matrix together. A stage has
 * none here if another stage reads its history: that one draws it. `all` are the stages of the run.
 */
export function endedCurves(
  stages: readonly ReportStage[],
  all: readonly ReportStage[],
): readonly Html[] {
  const read = new Set(all.flatMap(({ inputs }) => inputs.flatMap(({ from }) => from)));
  const isDrawn = ({ name, outputs }: ReportStage) =>
    outputs.some(({ port, type }) => type === 'history' && read.has(`${name}.${port}`));
  const trained = stages.filter(
    (stage) => stage.state !== 'running' && stage.curves.length > 0 && !isDrawn(stage),
  );
  return Array.from(
    groupBy(trained, ({ name }) => baseName(name)),
    ([base, group]) => {
      const [first, ...others] = group as [ReportStage];
      if (others.length > 0) return figures(base, group.map(ownCurves));
      const when = isDone(first) ? undefined : reached(first);
      return figures(
        first.name,
        [ownCurves(first)],
        when === undefined ? {} : { when: `until ${when}`, reading: 'It did not end' },
      );
    },
  ).flat();
}

/** What the processes of stages used over time, a line for each stage. */
export const usageCharts = (owners: readonly OwnedCurves[]): readonly Html[] =>
  owners.length === 0
    ? []
    : [
        html`<div class="charts">${figures(
          owners.length === 1 ? owners[0]!.owner : 'Stages',
          owners,
          { when: 'by seconds of the run', isAmount: true },
        )}</div>`,
      ];

/** `epoch 3 of 9`; undefined where the stage reported no point in this run. */
function reached({ lastPoint }: ReportStage): string | undefined {
  if (lastPoint === undefined) return undefined;
  const { unit, step, total } = lastPoint;
  return `${unit} ${step}${total === undefined ? '' : ` of ${total}`}`;
}

/** The curves of a stage, by its values of a matrix if it has one: `seed=1`. */
function ownCurves({ name, curves }: ReportStage): OwnedCurves {
  return { owner: name.slice(baseName(name).length + 1, -1) || name, curves };
}

function figures(
  name: string,
  owners: readonly OwnedCurves[],
  notes: {
    readonly when?: string;
    readonly reading?: string;
    readonly isAmount?: boolean;
  } = {},
): readonly Html[] {
  const words = html`<p class="padded">Scripts draw this chart. Each stage below has its values.</p>`;
  return curveCharts({ name, owners, ...notes }).map(({ measure, title, subtitle, spec }) => {
    const size = { width: 560, height: 400, isPlain: true };
    const preview = { as: 'chart' as const, title, subtitle, ...size, spec: JSON.stringify(spec) };
    return renderChart(`${name}, ${measure}`, undefined, preview, words);
  });
}
