import { isJsonObject, type Json, parseJson } from '../../src/json.ts';
import type { Course } from '../../src/learning/sampling/median-rule.ts';
import { type History, parseHistory } from '../../src/learning/training/history.ts';
import { err, ok, type Result } from '../../src/result.ts';

/**
 * The highest step. A trial's settings hold a bound for each one, so that a step is an epoch, not a
 * batch.
 */
const lastStep = 10_000;

/**
 * The course of a curve such as `val.loss`, of a file of `train`, or of lines of JSON that any
 * program writes, one for each point: `{ "step": 3, "values": { "val.loss": 0.4 } }`. Values that
 * are no finite numbers are left out; steps are whole numbers and grow. The error is a clause that
 * says what is expected.
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
  const [, split = '', metric = ''] = /^(.*)\.([^.]*)$/.exec(curve) ?? [];
  const course = epochs.flatMap(({ epoch, splits }): Course => {
    const { loss, accuracy, selected } = splits[split] ?? {};
    const named = { loss, accuracy, ...(by !== undefined && { [by]: selected }) };
    const value = named[metric as keyof typeof named];
    return value === undefined ? [] : [[epoch, value]];
  });
  const has = `the loss, the accuracy${by === undefined ? '' : `, the ${by}`} of a monitored split`;
  return course.length > 0 ? ok(course) : err(`the curve "${curve}": its history has ${has}`);
}

function courseOfPoints(text: string, curve: string): Result<Course, string> {
  const course: (readonly [number, number])[] = [];
  let last = 0;
  for (const line of text.split('\n').filter((each) => each.trim() !== '')) {
    const json = parseJson(line, 'a point');
    const point: Json | undefined = json.ok ? json.value : undefined;
    const values = isJsonObject(point) ? point['values'] : undefined;
    const step = isJsonObject(point) ? point['step'] : undefined;
    if (typeof step !== 'number' || !isJsonObject(values))
      return err('a training history, or lines of { "step": 1, "values": { … } }');
    if (!isAfter(last, step)) return err(wrongStep(step));
    last = step;
    const value = Object.hasOwn(values, curve) ? values[curve] : undefined;
    if (Number.isFinite(value)) course.push([step, value as number]);
  }
  return course.length > 0 ? ok(course) : err(`the curve "${curve}" among its points`);
}
