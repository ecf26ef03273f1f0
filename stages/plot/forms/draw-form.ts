import type { TopLevelSpec } from 'vega-lite';
import {
  type InputArtifact,
  type StageContext,
  StageError,
  type StageInputs,
} from '../../../src/stage.ts';
import type { PlotSettings } from './settings.ts';

/**
 * Draws one form of chart: reads the stage's input and gives the spec. A mistake in the data throws
 * a {@link StageError}.
 */
export type DrawForm = (
  context: StageContext<PlotSettings>,
) => TopLevelSpec | Promise<TopLevelSpec>;

/** The only artifact of a port. Throws a {@link StageError} where there are several. */
export function onlyInput({ inputs }: StageInputs, port: string, chart: string): InputArtifact {
  const items = inputs(port);
  if (items.length === 1) return items[0]!;
  throw new StageError(
    `The chart "${chart}" draws one item of the input "${port}", got ${items.length}: select one, as in stage[axis=value].${port}, or give the stage the matrix.`,
  );
}
