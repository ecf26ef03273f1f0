import assert from 'node:assert/strict';
import { it } from 'node:test';
import { mostDimensions, sobolValues, sobolWord } from './sobol.ts';

/** The 38th point of `scipy.stats.qmc.Sobol(d=32, scramble=False, bits=32)`, times 2^32. */
const ofSciPy = [
  3959422976, 2751463424, 2483027968, 3959422976, 3288334336, 1275068416, 738197504, 3422552064,
  2617245696, 738197504, 67108864, 335544320, 2483027968, 3690987520, 469762048, 2080374784,
  3422552064, 1811939328, 201326592, 603979776, 4093640704, 335544320, 2348810240, 2751463424,
  1275068416, 1543503872, 3422552064, 1677721600, 2214592512, 469762048, 1543503872, 603979776,
];

it('has the points of SciPy before they are shifted', () => {
  assert.equal(mostDimensions, ofSciPy.length);
  assert.deepEqual(
    ofSciPy.map((_, dimension) => sobolWord(37, dimension)),
    ofSciPy,
  );
});

it('has one of 16 points in each sixteenth of every parameter', () => {
  const names = ['a', 'b', 'c', 'd', 'e'];
  const space = Object.fromEntries(names.map((name) => [name, { uniform: [0, 16] as const }]));
  const points = Array.from({ length: 16 }, (_, index) =>
    sobolValues({ space, trials: [], number: 17 + index, seed: 5 }),
  );
  for (const name of names) {
    const parts = points.map((point) => Math.floor(point[name] as number));
    assert.deepEqual(
      parts.sort((a, b) => a - b),
      Array.from({ length: 16 }, (_, part) => part),
    );
  }
});
