import { closeSync, openSync, readSync, statSync } from 'node:fs';
import type { Facts, KnownInputs, SettingMistake } from '../../stage.ts';
import { type Metric, type MetricName, metric } from './metric-catalogue.ts';
import { positiveExample, whichArePositive } from './scores/class-settings.ts';
import { parseScores } from './scores/scores-file.ts';

/**
 * The classes of the items of a port, as far as they are known before anything runs: by their
 * stages, or the header of a scores file.
 */
export function knownClasses(inputs: KnownInputs, port: string): readonly (readonly string[])[] {
  return inputs(port).flatMap(({ facts, path }) => {
    const classes = path === undefined ? facts?.['classes'] : classesOfScores(path);
    return classes === undefined ? [] : [classes as readonly string[]];
  });
}

/** The facts about an output of the classes of an input. */
export function factsOfClasses(inputs: KnownInputs, port: string): Facts {
  const [classes] = knownClasses(inputs, port);
  return classes ? { classes } : {};
}

/**
 * The mistake of a kind that needs two sides, where more classes are known and none was named as
 * positive. `showsOne`: it shows the scores of any classes if they are the only ones. `takesRuns`:
 * or those of one model's runs, by `over`.
 */
export function sidesMissing(
  positive: readonly string[] | undefined,
  inputs: KnownInputs,
  port: string,
  { showsOne = false, takesRuns = false } = {},
): readonly SettingMistake[] {
  const classes = knownClasses(inputs, port).find(({ length }) => length > 2);
  if (classes === undefined || positive !== undefined) return [];
  const count = inputs(port).length;
  if (!showsOne || count === 1) return [{ at: [], message: whichArePositive(classes) }];
  const expected = `expected one of the ${count} scores, since they are of ${classes.length} classes`;
  const ways = `name it, as in scores[seed=1].scores, or give this stage the same matrix`;
  const runs = takesRuns
    ? '. For the runs of one model, set over: [seed]; `restage compare` tests several models'
    : '';
  const sides = `. For a detector, set ${positiveExample(classes)}`;
  return [{ at: [], message: `${expected}: ${ways}${runs}${sides}` }];
}

/**
 * The mistake of a metric that the known number of classes does not have, if these are at least
 * `from`; `at` is its setting.
 */
export function metricMissing(
  by: MetricName | undefined,
  inputs: KnownInputs,
  port: string,
  { at = 'by', from = 3 } = {},
): readonly SettingMistake[] {
  if (by === undefined) return [];
  const { classes = {} }: Metric = metric(by);
  const { least = 0, most = Number.POSITIVE_INFINITY } = classes;
  const counts = knownClasses(inputs, port).map(({ length }) => length);
  const wrong = counts.find((count) => count >= from && (count < least || count > most));
  if (wrong === undefined) return [];
  const which = wrong < least ? `only ${least} or more have` : 'only two have';
  return [
    { at: [at], message: `expected a metric of ${wrong} classes, got ${by}, which ${which}` },
  ];
}

/**
 * The classes that the header of a scores file of the user's names; undefined where the path leads
 * to none.
 */
function classesOfScores(path: string): readonly string[] | undefined {
  if (!statSync(path).isFile()) return undefined;
  const bytes = Buffer.alloc(1 << 16);
  const file = openSync(path, 'r');
  const [header = ''] = bytes.toString('utf8', 0, readSync(file, bytes)).split('\n', 1);
  closeSync(file);
  const scores = parseScores(header, { needsLabels: false });
  return scores.ok ? scores.value.classes : undefined;
}
