import { isJsonObject, type Json, parseJson } from '../../src/json.ts';
import type { Course } from '../../src/learning/sampling/median-rule.ts';
import { type History, parseHistory } from '../../src/learning/training/history.ts';
import { err, ok, type Result } from '../../src/result.ts';

/**
 * The course of a curve such as `val.loss`, of a file of `train`, or of lines of JSON that any
 * program writes, one for each point: `{ "step": 3, "values": { "val.loss": 0.4 } }`. Values that
 * are no numbers are left out. The error is a clause that says what is expected.
 */
export function readCourse(text: string, curve: string): Result<Course, string> {
  const history = parseHistory(text);
  return history.ok ? courseOfHistory(history.value, curve) : courseOfPoints(text, curve);
}

function courseOfHistory({ epochs, by }: History, curve: string): Result<Course, string> {
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
  for (const line of text.split('\n').filter((each) => each.trim() !== '')) {
    const json = parseJson(line, 'a point');
    const point: Json | undefined = json.ok ? json.value : undefined;
    const values = isJsonObject(point) ? point['values'] : undefined;
    const step = isJsonObject(point) ? point['step'] : undefined;
    if (typeof step !== 'number' || !isJsonObject(values))
      return err('a training history, or lines of { "step": 1, "values": { … } }');
    const value = values[curve];
    if (typeof value === 'number') course.push([step, value]);
  }
  return course.length > 0 ? ok(course) : err(`the curve "${curve}" among its points`);
}
