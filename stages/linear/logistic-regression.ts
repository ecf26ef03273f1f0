import {
  type Convergence,
  minimise,
  type Objective,
} from '../../src/learning/metrics/arithmetic/minimise.ts';

/** Rows of values. */
interface Rows {
  /** `[rows, width]`. */
  readonly values: Float32Array;
  readonly width: number;
}

/** Labelled rows of values. */
export interface LabelledRows extends Rows {
  /** The class of each row, from 0. */
  readonly labels: readonly number[];
}

/** The mean and the deviation of each column. */
export interface Standard {
  readonly means: Float64Array;
  /** 0 for a column that is the same in every row. */
  readonly deviations: Float64Array;
}

/** A fitted classifier, in the unit of the values before they were standardised. */
export interface LinearClassifier {
  /** `[width, classes]`. */
  readonly weights: Float64Array;
  /** `[classes]`. */
  readonly biases: Float64Array;
}

/** A fit with one C. */
export interface Fit extends Convergence {
  readonly c: number;
  /** The norm of the weights of the standardised values. */
  readonly weightNorm: number;
  readonly classifier: LinearClassifier;
}

/** The gradient's largest entry, of the mean loss, at which a fit ends. */
const tolerance = 1e-6;
const mostIterations = 1000;

/** The mean and the population's deviation of each column. */
export function standardOf({ values, width }: LabelledRows): Standard {
  const rows = values.length / width;
  const means = new Float64Array(width);
  const squares = new Float64Array(width);
  for (let at = 0; at < values.length; at += width)
    for (let i = 0; i < width; i++) means[i]! += values[at + i]! / rows;
  for (let at = 0; at < values.length; at += width)
    for (let i = 0; i < width; i++) squares[i]! += (values[at + i]! - means[i]!) ** 2 / rows;
  // What is left of rounding in a constant column is no deviation.
  const deviations = squares.map((square, i) =>
    Math.sqrt(square) > 1e-6 * Math.abs(means[i]!) ? Math.sqrt(square) : 0,
  );
  return { means, deviations };
}

/**
 * Logistic regression for each C, from the strongest regularisation on, each fit beginning where
 * the last one ended. It minimises C times the sum of the cross-entropies plus half the sum of the
 * squared weights of the standardised values; biases are free (as scikit-learn's
 * LogisticRegression). Two classes share one row of weights, which is halved between them with
 * opposite signs.
 */
export function* logisticRegressions(
  rows: LabelledRows,
  classes: number,
  strengths: readonly number[],
): Generator<Fit> {
  const standard = standardOf(rows);
  const outputs = classes === 2 ? 1 : classes;
  const { width } = rows;
  const standardised = standardise(rows, standard);
  let start: Float64Array = new Float64Array((width + 1) * outputs);
  for (const c of strengths.toSorted((a, b) => a - b)) {
    const objective = lossOf({ ...rows, values: standardised }, outputs, c);
    const { at, iterations, isConverged } = minimise(objective, start, {
      tolerance,
      mostIterations,
    });
    start = at;
    const size = width * outputs;
    const weightNorm = Math.sqrt(at.subarray(0, size).reduce((sum, value) => sum + value ** 2, 0));
    const classifier = classifierOf(at, standard, outputs);
    yield { c, iterations, isConverged, weightNorm, classifier };
  }
}

/** The values that a classifier gives the classes: `[rows, classes]`. */
export function logitsOf(
  { values, width }: Rows,
  { weights, biases }: LinearClassifier,
): Float64Array {
  const classes = biases.length;
  const logits = new Float64Array((values.length / width) * classes);
  for (let row = 0; row < values.length / width; row++)
    for (let c = 0; c < classes; c++) {
      let sum = biases[c]!;
      for (let i = 0; i < width; i++) sum += values[row * width + i]! * weights[i * classes + c]!;
      logits[row * classes + c] = sum;
    }
  return logits;
}

function standardise({ values, width }: LabelledRows, { means, deviations }: Standard) {
  const result = new Float32Array(values.length);
  for (let at = 0; at < values.length; at += width)
    for (let i = 0; i < width; i++) {
      const deviation = deviations[i]!;
      result[at + i] = deviation === 0 ? 0 : (values[at + i]! - means[i]!) / deviation;
    }
  return result;
}

/**
 * The objective divided by C and by the number of rows, so that its gradient has one scale for all
 * C. A point is `[outputs, width]`, then the biases.
 */
function lossOf({ values, width, labels }: LabelledRows, outputs: number, c: number): Objective {
  const rows = labels.length;
  const penalty = 1 / (c * rows);
  const size = width * outputs;
  const scores = new Float64Array(outputs);
  return (at, gradient) => {
    gradient.fill(0);
    let loss = 0;
    for (let row = 0; row < rows; row++) {
      const from = row * width;
      for (let k = 0; k < outputs; k++) {
        const base = k * width;
        let sum = at[size + k]!;
        for (let i = 0; i < width; i++) sum += at[base + i]! * values[from + i]!;
        scores[k] = sum;
      }
      // The scores become the gradient by themselves.
      loss += outputs === 1 ? sigmoidLoss(scores, labels[row]!) : softmaxLoss(scores, labels[row]!);
      for (let k = 0; k < outputs; k++) {
        const base = k * width;
        const factor = scores[k]! / rows;
        gradient[size + k]! += factor;
        for (let i = 0; i < width; i++) gradient[base + i]! += factor * values[from + i]!;
      }
    }
    let squares = 0;
    for (let i = 0; i < size; i++) {
      squares += at[i]! ** 2;
      gradient[i]! += penalty * at[i]!;
    }
    return loss / rows + (penalty * squares) / 2;
  };
}

/** ln(1 + e^−z) of class 1, ln(1 + e^z) of class 0. */
function sigmoidLoss(scores: Float64Array, label: number): number {
  const score = scores[0]!;
  const away = label === 1 ? -score : score;
  scores[0] = 1 / (1 + Math.exp(-score)) - label;
  return Math.max(0, away) + Math.log1p(Math.exp(-Math.abs(away)));
}

function softmaxLoss(scores: Float64Array, label: number): number {
  const most = scores.reduce((a, b) => Math.max(a, b));
  const right = scores[label]!;
  let sum = 0;
  for (const score of scores) sum += Math.exp(score - most);
  for (let k = 0; k < scores.length; k++)
    scores[k] = Math.exp(scores[k]! - most) / sum - Number(k === label);
  return most + Math.log(sum) - right;
}

/** Takes the standardisation into the weights. */
function classifierOf(at: Float64Array, { means, deviations }: Standard, outputs: number) {
  const width = means.length;
  const classes = outputs === 1 ? 2 : outputs;
  const weights = new Float64Array(width * classes);
  const biases = new Float64Array(classes);
  for (let c = 0; c < classes; c++) {
    const output = outputs === 1 ? 0 : c;
    const pairSign = c === 0 ? -0.5 : 0.5;
    const share = outputs === 1 ? pairSign : 1;
    biases[c] = share * at[width * outputs + output]!;
    for (let i = 0; i < width; i++) {
      const deviation = deviations[i]!;
      const weight = deviation === 0 ? 0 : (share * at[output * width + i]!) / deviation;
      weights[i * classes + c] = weight;
      biases[c]! -= weight * means[i]!;
    }
  }
  return { weights, biases };
}
