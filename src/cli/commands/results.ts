import type { StageRow } from '../../project/api.ts';
import { openTarget } from '../../project/open-target.ts';
import { print, printJson } from '../support/command-error.ts';
import { openHere } from '../support/open-here.ts';

export async function resultsCommand(
  words: readonly string[],
  options: { readonly set: readonly string[]; readonly json?: boolean },
): Promise<void> {
  const request = { words, set: options.set, last: true };
  const { pipeline, chosen } = await openTarget(openHere(), request);
  const rows = await pipeline.results(chosen.stages);
  if (options.json === true) printJson(rows);
  else for (const row of rows) for (const line of linesOf(row)) print(line);
}

/** A stage, and below it what it measured and where its outputs are. */
const linesOf = ({
  stage,
  kind,
  state,
  numbers,
  intervals,
  paths,
}: StageRow): readonly string[] => [
  `${stage} (${kind}): ${state}`,
  ...Object.entries(numbers).map(([name, value]) => {
    const ends = intervals[name];
    return `  ${name} ${value}${ends === undefined ? '' : ` (${ends[0]} to ${ends[1]})`}`;
  }),
  ...Object.entries(paths).map(([port, path]) => `  ${port}: ${path}`),
];
