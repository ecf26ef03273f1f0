import { csvRecords, decimalOf, findColumns } from '../../src/csv.ts';
import {
  comparedMetrics,
  type PublishedValue,
} from '../../src/learning/metrics/comparison/published-agreement.ts';
import { err, ok, type Result } from '../../src/result.ts';

/** A line of a table of published values. */
export interface PublishedLine extends PublishedValue {
  readonly network: string;
  readonly protocol: string;
  readonly source: string;
}

const required = ['network', 'protocol', 'metric', 'value', 'source'] as const;
const columns = [...required, 'negatives', 'positives'];

/** The lines of a table of published values; the error is one sentence with its line. */
export function parsePublished(text: string): Result<readonly PublishedLine[], string> {
  const [header, ...records] = csvRecords(text);
  const positions = findColumns(header?.fields ?? [], columns);
  if (!positions.ok) return err(`expected the column ${positions.error} once, got it twice`);
  const missing = required.filter((_, i) => positions.value[i] === -1);
  if (missing.length > 0)
    return err(`expected the columns ${required.join()}, got none of the name ${missing[0]}`);
  const lines: PublishedLine[] = [];
  for (const { fields, line, problem } of records) {
    if (problem !== undefined) return err(`line ${line}: ${problem}`);
    const at = (column: string) => fields[positions.value[columns.indexOf(column)]!]?.trim() ?? '';
    const parsed = parseLine(at);
    if (!parsed.ok) return err(`line ${line}: ${parsed.error}`);
    lines.push(parsed.value);
  }
  return ok(lines);
}

function parseLine(at: (column: string) => string): Result<PublishedLine, string> {
  const metric = comparedMetrics.find((name) => name === at('metric'));
  if (metric === undefined)
    return err(`expected a metric of ${comparedMetrics.join(', ')}, got "${at('metric')}"`);
  const value = decimalOf(at('value'));
  if (!(value >= 0 && value <= 1)) return err(`expected a value of 0 to 1, got "${at('value')}"`);
  const given = ['negatives', 'positives'].filter((column) => at(column) !== '');
  const negatives = decimalOf(at('negatives'));
  const positives = decimalOf(at('positives'));
  if (given.length === 1) return err('expected both negatives and positives, or neither');
  if (given.length === 2 && !(negatives >= 1 && positives >= 1))
    return err('expected numbers from 1 in negatives and positives');
  return ok({
    network: at('network'),
    protocol: at('protocol'),
    source: at('source'),
    metric,
    value,
    ...(given.length === 2 && { counts: { negatives, positives } }),
  });
}
