import { isJsonObject, type Json, parseJson } from '../../src/json.ts';
import type { Course } from '../../src/learning/sampling/median-rule.ts';
import { type History, parseHistory } from '../../src/learning/training/history.ts';
import { selectionSplit, withSelectionSplit } from '../../src/learning/training/splits.ts';
import { err, ok, type Result } from '../../src/result.ts';

/**
 * The highest step. A trial's settings hold a bound for each one, so that a step is an epoch, not a
 * batch.
 */
const lastStep = 10_000;

/**
 * The course of a curve such as `val.loss`, of a file of `train`, or of lines of JSON that any
 * program writes, one for each point: `{ "step": 3, "values": { "val.loss": 0.4 } }`. A curve
 * without a split, such as `loss`, is that of `val` where there is one. Values that are no finite
 * numbers are left out, also a bare NaN; steps are whole numbers and grow. The error is a clause
 * that says what is expected.
 */
export function readCourse(text: string, curve: string): Result<Course, string> {
  const history = parseHistory(text);
  return history.ok ? courseOfHistory(history.value, curve) : courseOfPoints(text, curve);
}

const isAfter = (last: number, step: number): boolean =>
  Number.isInteger(step) && step > last && step <= lastStep;

const wrongStep = (step: number): string =>
  `steps that are whole numbers to ${lastStep} and grow, got ${step}`;

function courseOfHistory({ epochs, by }: History, curve: string): Result<Course, string> {
  const wrong = epochs.find(({ epoch }, index) => !isAfter(epochs[index - 1]?.epoch ?? 0, epoch));
  if (wrong !== undefined) return err(wrongStep(wrong.epoch));
  const name = withSelectionSplit(curve);
  const [, split = '', metric = ''] = /^(.*)\.([^.]*)$/.exec(name) ?? [];
  const course = epochs.flatMap(({ epoch, splits }): Course => {
    const { loss, accuracy, selected } = splits[split] ?? {};
    const named = { loss, accuracy, ...(by !== undefined && { [by]: selected }) };
    const value = named[metric as keyof typeof named];
    return value === undefined ? [] : [[epoch, value]];
  });
  const isSelected = split === selectionSplit && metric === by;
  if (course.length > 0 || isSelected) return ok(course);
  const has = `the loss, the accuracy${by === undefined ? '' : `, the ${by}`} of a monitored split`;
  return err(`the curve "${curve}": its history has ${has}`);
}

/** A bare NaN or infinity of a line, as Python's `json` writes it, or a text, which stays. */
const bareNumber = /"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g;

/** A line as JSON, where a bare NaN or infinity is null; undefined for a line that is none. */
function parsePoint(line: string): Json | undefined {
  const text = line.replace(bareNumber, (part) => (part.startsWith('"') ? part : 'null'));
  const json = parseJson(text, 'a point');
  return json.ok ? json.value : undefined;
}

function courseOfPoints(text: string, curve: string): Result<Course, string> {
  const course: (readonly [number, number])[] = [];
  let last = 0;
  let isNamed = false;
  for (const line of text.split('\n').filter((each) => each.trim() !== '')) {
    const point = parsePoint(line);
    const values = isJsonObject(point) ? point['values'] : undefined;
    const step = isJsonObject(point) ? point['step'] : undefined;
    if (typeof step !== 'number' || !isJsonObject(values))
      return err('a training history, or lines of { "step": 1, "values": { … } }');
    if (!isAfter(last, step)) return err(wrongStep(step));
    last = step;
    const name = [withSelectionSplit(curve), curve].find((each) => Object.hasOwn(values, each));
    if (name === undefined) continue;
    isNamed = true;
    const value = values[name];
    if (Number.isFinite(value)) course.push([step, value as number]);
  }
  return isNamed ? ok(course) : err(`the curve "${curve}" among its points`);
}
