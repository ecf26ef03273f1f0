import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asType } from '../test/support/partial-value.ts';
import { type Curve, mostCurves, thinned, withPoint } from './reported-curves.ts';

const stepsTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1);
const curveOf = (last: number): Curve =>
  stepsTo(last).reduce<readonly Curve[]>(
    (curves, step) => withPoint(curves, { unit: 'step', step, values: { loss: 1 / step } }),
    [],
  )[0]!;

test('points become curves by name and unit; a value that is no number stays a gap', () => {
  const points = [
    { unit: 'epoch', step: 1, total: 3, values: { loss: 0.5, auc: asType<number>(null) } },
    { unit: 'step', step: 10, values: { loss: 0.7 } },
    { unit: 'epoch', step: 2, total: 3, values: { loss: 0.4 } },
  ];
  const epoch = { unit: 'epoch', total: 3, every: 1 };
  assert.deepEqual(points.reduce(withPoint, [] as readonly Curve[]), [
    {
      name: 'loss',
      ...epoch,
      count: 2,
      points: [
        [1, 0.5],
        [2, 0.4],
      ],
    },
    { name: 'auc', ...epoch, count: 1, points: [[1, null]] },
    { name: 'loss', unit: 'step', every: 1, count: 1, points: [[10, 0.7]] },
  ]);
});

test('of a long curve evenly spaced points are kept, and always the last one', () => {
  for (const last of [1, 2, 499, 500, 501, 502, 999, 1000, 1001, 12_345]) {
    const { points, every, count } = curveOf(last);
    assert.equal(count, last);
    assert.ok(points.length <= 501, `${points.length} points of ${last}`);
    assert.ok(points.length >= Math.min(last, 250), `${points.length} points of ${last}`);
    const spaced = stepsTo(last).filter((step) => (step - 1) % every === 0 || step === last);
    assert.deepEqual(
      points.map(([step]) => step),
      spaced,
    );
  }
});

test('a stage that invents a new name at each step fills no memory', () => {
  const curves = stepsTo(200).reduce<readonly Curve[]>(
    (all, step) =>
      withPoint(all, { unit: 'step', step, values: { [`loss ${step}`]: step, loss: step } }),
    [],
  );
  assert.equal(curves.length, mostCurves);
  assert.equal(curves.find(({ name }) => name === 'loss')!.count, 200);
});

test('points are thinned evenly, with both ends', () => {
  const points = stepsTo(10).map((step) => [step, step] as const);
  assert.deepEqual(thinned(points, 10), points);
  assert.deepEqual(
    thinned(points, 4).map(([step]) => step),
    [1, 4, 7, 10],
  );
});
