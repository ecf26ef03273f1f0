import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { csvRecords } from '../../src/csv.ts';
import type { Space, Values } from '../../src/learning/sampling/space.ts';

/** Something to minimise with few trials. */
export interface Task {
  readonly space: Space;
  readonly trials: number;
  loss(values: Values): number;
}

/** A function of real numbers on a cube. */
function onCube(
  dimensions: number,
  [low, high]: readonly [number, number],
  loss: (x: readonly number[]) => number,
): Task {
  const names = Array.from({ length: dimensions }, (_, index) => `x${index + 1}`);
  return {
    space: Object.fromEntries(names.map((name) => [name, { uniform: [low, high] }])),
    trials: 100,
    loss: (values) => loss(names.map((name) => values[name] as number)),
  };
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

/** Picheny et al. 2013, table 1, in its usual form; the least value is 0.3979. */
const branin: Task = {
  space: { x1: { uniform: [-5, 10] }, x2: { uniform: [0, 15] } },
  trials: 100,
  loss: ({ x1, x2 }) => {
    const a = x1 as number;
    const b = x2 as number;
    const bend = b - (5.1 / (4 * Math.PI ** 2)) * a ** 2 + (5 / Math.PI) * a - 6;
    return bend ** 2 + 10 * (1 - 1 / (8 * Math.PI)) * Math.cos(a) + 10;
  },
};

const heights = [1, 1.2, 3, 3.2];
const narrowness = [
  [10, 3, 17, 3.5, 1.7, 8],
  [0.05, 10, 17, 0.1, 8, 14],
  [3, 3.5, 1.7, 10, 17, 8],
  [17, 8, 0.05, 10, 0.1, 14],
];
const centres = [
  [0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886],
  [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991],
  [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.665],
  [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381],
];
/** Six dimensions with six local minima; the least value is -3.3224. */
const hartmann = onCube(
  6,
  [0, 1],
  (x) =>
    -sum(
      heights.map((height, hill) => {
        const distances = x.map(
          (value, j) => narrowness[hill]![j]! * (value - centres[hill]![j]!) ** 2,
        );
        return height * Math.exp(-sum(distances));
      }),
    ),
);

const rosenbrock = onCube(4, [-2, 2], (x) =>
  sum(x.slice(1).map((next, i) => 100 * (next - x[i]! ** 2) ** 2 + (1 - x[i]!) ** 2)),
);

const ackley = onCube(5, [-20, 30], (x) => {
  const squares = sum(x.map((value) => value ** 2)) / x.length;
  const waves = sum(x.map((value) => Math.cos(2 * Math.PI * value))) / x.length;
  return -20 * Math.exp(-0.2 * Math.sqrt(squares)) - Math.exp(waves) + 20 + Math.E;
});

const rastrigin = onCube(3, [-5.12, 4], (x) =>
  sum(x.map((value) => value ** 2 - 10 * Math.cos(2 * Math.PI * value) + 10)),
);

const styblinski = onCube(
  4,
  [-5, 5],
  (x) => sum(x.map((value) => value ** 4 - 16 * value ** 2 + 5 * value)) / 2,
);

const folder = import.meta.dirname;

/** The losses of real trainings, by their settings. Numbers are searched by their rank. */
function tabulated(): Task {
  const [header, ...rows] = csvRecords(readFileSync(join(folder, 'grid.csv'), 'utf8'));
  const columns = header!.fields;
  const cell = (row: (typeof rows)[number], name: string) => row.fields[columns.indexOf(name)]!;
  const valuesOf = (name: string) => [...new Set(rows.map((row) => cell(row, name)))];
  const ranked = new Map(
    ['rate', 'width', 'batch'].map((name) => [
      name,
      valuesOf(name).sort((a, b) => Number(a) - Number(b)),
    ]),
  );
  const ranks = Array.from(ranked, ([name, values]): [string, Space[string]] => [
    name,
    { int: [0, values.length - 1] },
  ]);
  const losses = new Map(
    rows.map((row) => {
      const key = [...ranked].map(([name, values]) => values.indexOf(cell(row, name)));
      return [[...key, cell(row, 'activation')].join(), Number(cell(row, 'loss'))];
    }),
  );
  return {
    space: { ...Object.fromEntries(ranks), activation: { choice: valuesOf('activation') } },
    trials: 25,
    loss: ({ rate, width, batch, activation }) =>
      losses.get([rate, width, batch, activation].join())!,
  };
}

/** Six standard functions, and a grid of real trainings. */
export const tasks = {
  branin,
  'hartmann-6': hartmann,
  'rosenbrock-4': rosenbrock,
  'ackley-5': ackley,
  'rastrigin-3': rastrigin,
  'styblinski-tang-4': styblinski,
  trainings: tabulated(),
} as const satisfies Readonly<Record<string, Task>>;
