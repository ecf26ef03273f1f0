import { parseJson } from '../../src/json.ts';
import { selectionSplit } from '../../src/learning/training/splits.ts';
import type { About } from '../../src/learning/trials/about.ts';
import { shortName } from '../../src/learning/trials/trials.ts';
import type { SweptTrials } from './read-trials.ts';

/**
 * The best trials as an axis of a matrix. Fields of one axis keep its name and the labels of the
 * trials, so that it can stand where the axis stood; other settings make an axis `trial`. A setting
 * that a trial lacks is null, which leaves it out there, too.
 */
export function bestAsYaml(
  { trials, asked: settings }: SweptTrials,
  { by, best, ranks }: About,
): string {
  const axes = new Set(settings.map(({ name }) => axisOf(name)));
  const [only] = axes;
  const isOneAxis = axes.size === 1 && settings.every(({ name }) => name.includes('.'));
  const axis = isOneAxis ? only! : 'trial';
  const isShort = new Set(settings.map(({ name }) => shortName(name))).size === settings.length;
  const keyOf = (name: string) => (isShort ? shortName(name) : name.replaceAll('.', '-'));
  const lines = Array.from({ length: best }, (_, rank) => {
    const index = ranks.indexOf(rank);
    const { labels, value } = trials[index]!;
    const id = isOneAxis ? (labels[axis] ?? String(rank + 1)) : String(rank + 1);
    const entries = settings.map(
      ({ name, values }) => `${keyOf(name)}: ${yamlOf(values[index] ?? 'null')}`,
    );
    const number = Number(value.toPrecision(6));
    return `  - { id: ${JSON.stringify(id)}, ${entries.join(', ')} } # ${selectionSplit}.${by} ${number}\n`;
  });
  const what = best === 1 ? 'best trial' : `best ${best} trials`;
  return `# The ${what} of ${trials.length} by ${selectionSplit}.${by}. Paste it under a matrix.\n${axis}:\n${lines.join('')}`;
}

const axisOf = (name: string): string => name.split('.')[0]!;

/** A text that is a number, true, false, null, a list or a map as it is, any other in quotes. */
function yamlOf(value: number | string): string {
  if (typeof value === 'number') return String(value);
  const json = parseJson(value, 'a value');
  return json.ok && typeof json.value !== 'string' ? value : JSON.stringify(value);
}
