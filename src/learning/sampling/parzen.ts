import type { Json } from '../../json.ts';
import type { Random } from '../../random.ts';
import { normalCdf } from '../metrics/intervals/normal-distribution.ts';
import { indexInChoice, type Line, lineOf, type Parameter, type Values } from './space.ts';

/**
 * How wide kernels are: each as far as its nearest neighbours, for one parameter alone; or all
 * alike by how far the observations spread, for several parameters together.
 */
export type Bandwidth = 'neighbours' | 'spread';

/** The values at which a density was observed, with their weights. */
export interface Observations {
  /** The parameters of the density, by name: all of them exist in every observation. */
  readonly parameters: Readonly<Record<string, Parameter>>;
  readonly values: readonly Values[];
  /** Above 0. The prior, a kernel over the whole space, has the weight 1. */
  readonly weights: readonly number[];
  readonly bandwidth: Bandwidth;
}

/**
 * One parameter of a mixture: for each of its kernels a normal distribution that is cut off at the
 * ends of the range, or the chances of the values of a choice.
 */
interface Dimension {
  draw(kernel: number, random: Random): Json;
  /** The logarithm of the density, or of the chance, of a value. */
  logDensity(kernel: number, value: Json): number;
}

/**
 * A mixture of kernels, one around each observation and a wide one for the prior, each a product
 * over the parameters (Bergstra, Bardenet, Bengio and Kégl 2011, "Algorithms for hyper-parameter
 * optimization", section 4; for several parameters together Falkner, Klein and Hutter 2018,
 * "BOHB", section 3.2). The prior, and the widths of single parameters, are those of Watanabe 2023,
 * "Tree-structured Parzen estimator: understanding its algorithm components", table 2.
 */
export class ParzenEstimator {
  readonly #names: readonly string[];
  readonly #dimensions: readonly Dimension[];
  readonly #cumulative: readonly number[];
  readonly #logWeights: readonly number[];

  constructor(observations: Observations) {
    const { parameters } = observations;
    this.#names = Object.keys(parameters);
    this.#dimensions = this.#names.map((name) =>
      dimensionOf(
        parameters[name]!,
        observations.values.map((values) => values[name]!),
        { bandwidth: observations.bandwidth, count: this.#names.length },
      ),
    );
    const weights = [...observations.weights, 1];
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    this.#logWeights = weights.map((weight) => Math.log(weight / total));
    let sum = 0;
    this.#cumulative = weights.map((weight) => {
      sum += weight;
      return sum / total;
    });
  }

  /** Values drawn from the mixture. */
  draw(random: Random): Values {
    const share = random.float();
    const above = this.#cumulative.findIndex((end) => share < end);
    const kernel = above < 0 ? this.#cumulative.length - 1 : above;
    return Object.fromEntries(
      this.#names.map((name, index) => [name, this.#dimensions[index]!.draw(kernel, random)]),
    );
  }

  /** The logarithm of the mixture's density at these values. */
  logDensity(values: Values): number {
    const terms = this.#logWeights.map((weight, kernel) =>
      this.#dimensions.reduce(
        (sum, dimension, index) => sum + dimension.logDensity(kernel, values[this.#names[index]!]!),
        weight,
      ),
    );
    const largest = Math.max(...terms);
    return largest + Math.log(terms.reduce((sum, term) => sum + Math.exp(term - largest), 0));
  }
}

interface Width {
  readonly bandwidth: Bandwidth;
  /** How many parameters the mixture has. */
  readonly count: number;
}

function dimensionOf(parameter: Parameter, observed: readonly Json[], width: Width): Dimension {
  if ('choice' in parameter) return choiceDimension(parameter.choice, observed);
  const line = lineOf(parameter)!;
  const places = observed.map((value) => line.at(value as number));
  return numberDimension(line, places, width);
}

/** The chances of each value: those of the prior, and one observation more for a kernel's own. */
function choiceDimension(choice: readonly Json[], observed: readonly Json[]): Dimension {
  const indices = observed.map((value) => indexInChoice(choice, value));
  const prior = 1 / (observed.length + 1);
  const total = 1 + prior * choice.length;
  const chance = (kernel: number, index: number) => {
    const own = indices[kernel];
    if (own === undefined) return 1 / choice.length;
    return (prior + (own === index ? 1 : 0)) / total;
  };
  return {
    draw: (kernel, random) => {
      let share = random.float();
      const index = choice.findIndex((_, each) => {
        share -= chance(kernel, each);
        return share < 0;
      });
      return choice.at(index)!; // the last one where rounding left something
    },
    logDensity: (kernel, value) => Math.log(chance(kernel, indexInChoice(choice, value))),
  };
}

function numberDimension(line: Line, places: readonly number[], width: Width): Dimension {
  const { low, high, isInteger } = line;
  const means = [...places, (low + high) / 2];
  const deviations = [...widthsOf(line, places, width), high - low];
  const below = (kernel: number, place: number) =>
    normalCdf((place - means[kernel]!) / deviations[kernel]!);
  const logInside = means.map((_, kernel) => Math.log(below(kernel, high) - below(kernel, low)));
  return {
    draw: (kernel, random) => {
      // A mean lies inside of the range, which is no narrower than a deviation: so at least a third
      // of all draws do, too.
      for (;;) {
        const place = means[kernel]! + deviations[kernel]! * random.normal();
        if (place >= low && place <= high) return line.valueAt(place);
      }
    },
    logDensity: (kernel, value) => {
      const place = line.at(value as number);
      if (isInteger) {
        const share = below(kernel, place + 0.5) - below(kernel, place - 0.5);
        return Math.log(share) - logInside[kernel]!;
      }
      const deviation = deviations[kernel]!;
      const distance = (place - means[kernel]!) / deviation;
      const peak = Math.log(deviation * Math.sqrt(2 * Math.PI));
      return (-distance * distance) / 2 - peak - logInside[kernel]!;
    },
  };
}

/**
 * The normal reference rule: kernels of 1.06 σ n^(-1/(d + 4)), for n observations of d parameters
 * whose standard deviation is σ (Falkner et al. 2018, section 3.2, by statsmodels).
 */
const ofNormal = 1.06;
/** No kernel is narrower than this share of the range. */
const narrowest = 0.01;

/** The deviations of the kernels around observed places. */
function widthsOf(
  { low, high }: Line,
  places: readonly number[],
  { bandwidth, count }: Width,
): readonly number[] {
  const range = high - low;
  const least = range * Math.max(narrowest, 1 / (places.length + 2));
  const clipped = (width: number) => Math.min(range, Math.max(least, width));
  if (bandwidth === 'spread') {
    const width = clipped(ofNormal * deviationOf(places) * places.length ** (-1 / (count + 4)));
    return places.map(() => width);
  }
  const means = [...places, (low + high) / 2];
  const order = means.map((_, index) => index).sort((a, b) => means[a]! - means[b]! || a - b);
  const widths = new Array<number>(means.length);
  for (const [rank, index] of order.entries()) {
    const before = order[rank - 1];
    const after = order[rank + 1];
    const gaps = [before, after].flatMap((neighbour) =>
      neighbour === undefined ? [] : [Math.abs(means[neighbour]! - means[index]!)],
    );
    widths[index] = clipped(Math.max(...gaps));
  }
  return places.map((_, index) => widths[index]!);
}

/** The standard deviation of all places; 0 for none. */
function deviationOf(places: readonly number[]): number {
  const count = Math.max(places.length, 1);
  const mean = places.reduce((sum, place) => sum + place, 0) / count;
  return Math.sqrt(places.reduce((sum, place) => sum + (place - mean) ** 2, 0) / count);
}
