import type { TopLevelSpec } from 'vega-lite';
import type { StageContext } from '../../src/stage.ts';
import type { PlotSettings } from './spec.ts';

/** Draws one form of chart: reads the stage's input and gives the spec. A mistake in the data throws a `StageError`. */
export type DrawForm = (context: StageContext<PlotSettings>) => TopLevelSpec | Promise<TopLevelSpec>;
