import { statSync } from 'node:fs';
import { logger, Error as OnlyErrors, parse } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import { describeInput, readInput } from '../../../src/read-input.ts';
import { type InputArtifact, StageError } from '../../../src/stage.ts';
import type { DrawForm } from '../inputs.ts';
import { parseTable, type TableRow } from './parse-table.ts';
import { requireFields } from './spec-fields.ts';

/** Draws the user's spec over the rows of all tables, whose labels become further columns. */
export const draw: DrawForm = ({ inputs, settings }) => {
  const { spec = {}, title } = settings;
  const rows = inputs('table').flatMap(readRows);
  if (rows.length === 0) throw new StageError('Expected at least one row in the table, got none.');
  requireFields(spec, rows);
  const complete = {
    ...spec,
    ...(title !== undefined && { title }),
    data: { name: 'table', values: rows },
  } as unknown as TopLevelSpec;
  requireDrawable(complete);
  return complete;
};

function readRows(input: InputArtifact): readonly TableRow[] {
  const { path, labels } = input;
  if (statSync(path).isDirectory())
    throw new StageError(`${describeInput('table', labels)}: expected a CSV or JSON file, got a folder`);
  const typed = (value: string) => (Number.isNaN(Number(value)) ? value : Number(value));
  const further = Object.fromEntries(Object.entries(labels).map(([axis, value]) => [axis, typed(value)]));
  return readInput('table', input, parseTable).map((row) => ({ ...further, ...row }));
}

/** Throws a {@link StageError} where Vega-Lite cannot compile the spec. */
function requireDrawable(spec: TopLevelSpec): void {
  try {
    const silent = logger(OnlyErrors, undefined, () => {});
    parse(compile(spec, { logger: silent }).spec);
  } catch (error) {
    // The message may contain the whole spec.
    const message = (error as Error).message.replace(/\{.*\}/s, '').slice(0, 300);
    throw new StageError(`Vega-Lite does not take the spec: ${message}`);
  }
}
