import { formatCountOf } from '../../format-numbers.ts';
import { PipelineError } from '../../project/pipeline-error.ts';
import type { PulledRun } from '../../project/stored-runs/pull.ts';
import { print } from './command-error.ts';

/** Says what a pull brought. Throws a {@link PipelineError} about what it left out. */
export function printPulled({ pipeline, count, run, report, notes, mistakes }: PulledRun): void {
  const what = `${formatCountOf(count, 'stage')}${report === undefined ? '' : ` and ${report}`}`;
  print(`Brought ${what} of ${pipeline} here, from the run ${run}.`);
  if (notes > 0) print(`Its notes came with it: restage note ${run}`);
  if (mistakes.length > 0) throw new PipelineError(mistakes);
}
