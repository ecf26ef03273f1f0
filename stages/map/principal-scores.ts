import { EVD, Matrix, QrDecomposition } from 'ml-matrix';
import {
  type Rows,
  rowProducts,
  transposed,
} from '../../src/learning/metrics/multivariate/rows.ts';
import { Random } from '../../src/random.ts';

/** Rows along the directions of largest variance. */
export interface PrincipalScores {
  /** Around 0, in the unit of the values: `[rows, components]`. */
  readonly scores: Rows;
  /** The share of the total variance of each component, 0 to 1, falling. */
  readonly shares: readonly number[];
}

/**
 * The first `count` principal components of rows, as scikit-learn's `PCA` without whitening; the
 * sign of a component is such that its largest score is positive. There are no more components than
 * values, or than rows less one.
 *
 * They are the leading eigenvectors of the smaller of the two products XᵀX and XXᵀ of the centred
 * values, which is made once: each round of the iteration then costs the same whatever the number
 * of images.
 *
 * @param rows `[rows, values]`, at least 2 rows, not all equal.
 */
export function principalScores(rows: Rows, count: number): PrincipalScores {
  const values = rows[0]!.length;
  const centred = centre(rows);
  const most = Math.min(count, values, rows.length - 1);
  const isWide = values > rows.length;
  const gram = isWide ? rowProducts(centred, centred) : innerProducts(centred);
  const total = gram.reduce((sum, row, i) => sum + row[i]!, 0);
  const { vectors, eigenvalues } = leadingEigenvectors(gram, most);
  const columns = isWide
    ? vectors.map((vector, k) => vector.map((v) => v * Math.sqrt(Math.max(0, eigenvalues[k]!))))
    : rowProducts(vectors, centred);
  return {
    scores: transposed(columns.map(withPositiveLargest)),
    shares: eigenvalues.map((value) => Math.min(1, Math.max(0, value / total))),
  };
}

function centre(rows: Rows): Rows {
  const means = new Float64Array(rows[0]!.length);
  for (const row of rows) for (let k = 0; k < row.length; k++) means[k]! += row[k]! / rows.length;
  return rows.map((row) => row.map((value, k) => value - means[k]!));
}

/** So many rows are turned at once: turning all would double the memory of the features. */
const blockRows = 4096;

/** XᵀX, `[values, values]`. */
function innerProducts(rows: Rows): Rows {
  const sums = rows[0]!.reduce<Float64Array[]>((all) => {
    all.push(new Float64Array(rows[0]!.length));
    return all;
  }, []);
  for (let from = 0; from < rows.length; from += blockRows) {
    const columns = transposed(rows.slice(from, from + blockRows));
    for (const [i, products] of rowProducts(columns, columns).entries())
      for (let j = 0; j < products.length; j++) sums[i]![j]! += products[j]!;
  }
  return sums;
}

const withPositiveLargest = (scores: Float64Array): Float64Array => {
  const largest = scores.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most));
  return largest < 0 ? scores.map((value) => -value) : scores;
};

/** As many further directions are iterated, at least: with more of them fewer rounds are needed. */
const spare = 20;
const mostRounds = 300;
const tolerance = 1e-10;

/**
 * The leading eigenvectors of a symmetric matrix without negative eigenvalues, by subspace
 * iteration with Rayleigh-Ritz steps (Saad 2011, "Numerical methods for large eigenvalue problems",
 * algorithm 5.3). Each has length 1; signs are arbitrary.
 */
function leadingEigenvectors(symmetric: Rows, count: number) {
  const size = symmetric.length;
  const width = Math.min(size, 2 * count + spare);
  const random = new Random('principal scores');
  let images = Matrix.from1DArray(
    size,
    width,
    Float64Array.from({ length: size * width }, () => random.normal()),
  );
  for (let round = 1; ; round++) {
    const basis = new QrDecomposition(images).orthogonalMatrix;
    images = new Matrix(rowProducts(symmetric, columnsOf(basis)) as Float64Array[]);
    const { realEigenvalues, eigenvectorMatrix } = new EVD(basis.transpose().mmul(images), {
      assumeSymmetric: true,
    });
    // The eigenvalues come in rising order.
    const leading = Array.from({ length: count }, (_, k) => width - 1 - k);
    const turn = eigenvectorMatrix.subMatrixColumn(leading);
    const vectors = columnsOf(basis.mmul(turn));
    const turned = columnsOf(images.mmul(turn));
    const eigenvalues = leading.map((k) => realEigenvalues[k]!);
    const isDone = vectors.every((vector, k) => {
      const squares = vector.map((v, i) => (turned[k]![i]! - v * eigenvalues[k]!) ** 2);
      return (
        Math.sqrt(squares.reduce((sum, value) => sum + value, 0)) <= tolerance * eigenvalues[0]!
      );
    });
    if (isDone || round === mostRounds) return { vectors, eigenvalues };
  }
}

const columnsOf = (matrix: Matrix): Rows =>
  Array.from({ length: matrix.columns }, (_, k) => Float64Array.from(matrix.getColumn(k)));
