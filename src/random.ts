/** Random numbers from seeds alone, by sfc32 (Chris Doty-Humphrey, PractRand); not for secrets. */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /**
   * Streams of different seed lists are independent: `new Random(seed, epoch, index)`. Numbers
   * count as float64.
   */
  constructor(...seeds: readonly (number | string)[]) {
    const state = mixSeeds(seeds);
    this.#a = state();
    this.#b = state();
    this.#c = state();
    for (let round = 0; round < 12; round++) this.uint32();
  }

  /** An integer in [0, 2^32). */
  uint32(): number {
    const value = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + value) | 0;
    return value >>> 0;
  }

  /** A float64 in [0, 1), all 53 bits used. */
  float(): number {
    return ((this.uint32() >>> 5) * 2 ** 26 + (this.uint32() >>> 6)) / 2 ** 53;
  }

  /** A float64 in [low, high). */
  between(low: number, high: number): number {
    return low + (high - low) * this.float();
  }

  /** An integer in [0, bound), every value equally likely; `bound` is in [1, 2^32]. */
  integer(bound: number): number {
    // Values above the last whole multiple of the bound would favour the small remainders.
    const limit = 2 ** 32 - (2 ** 32 % bound);
    let value = this.uint32();
    while (value >= limit) value = this.uint32();
    return value % bound;
  }

  /**
   * Counts `times` draws of {@link integer} (bound ≤ 2^31) in `counts` from `first` on, or skips
   * them; in a fifth of the time.
   */
  tally(bound: number, times: number, counts?: Uint8Array, first = 0): void {
    let a = this.#a | 0;
    let b = this.#b | 0;
    let c = this.#c | 0;
    let counter = this.#counter | 0;
    const inverse = 1 / bound;
    const last = (2 ** 32 - (2 ** 32 % bound) - 1) ^ 0x80000000; // as a signed number
    for (let remaining = times; remaining > 0; ) {
      const word = (a + b + counter) | 0;
      counter = (counter + 1) | 0;
      a = b ^ (b >>> 9);
      b = (c + (c << 3)) | 0;
      c = (((c << 21) | (c >>> 11)) + word) | 0;
      if ((word ^ 0x80000000) > last) continue;
      remaining--;
      if (counts === undefined) continue;
      // The half keeps the quotient further from the next whole number than rounding reaches.
      const quotient = (((word >>> 0) + 0.5) * inverse) >>> 0;
      const index = (((word - Math.imul(quotient, bound)) | 0) + first) | 0;
      counts[index] = counts[index]! + 1;
    }
    [this.#a, this.#b, this.#c, this.#counter] = [a, b, c, counter];
  }

  /** One item, every one equally likely; the list is not empty. */
  pick<T>(items: readonly T[]): T {
    return items[this.integer(items.length)] as T;
  }

  /**
   * A draw from the standard normal distribution (Box and Muller, 1958; the second of the pair is
   * not kept).
   */
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.float())) * Math.cos(2 * Math.PI * this.float());
  }

  /**
   * Fills `values` with independent draws from the standard normal distribution, both of each pair:
   * half the time of `normal`.
   */
  normals(values: Float32Array): void {
    for (let i = 0; i < values.length; i += 2) {
      const radius = Math.sqrt(-2 * Math.log(1 - this.float()));
      const angle = 2 * Math.PI * this.float();
      values[i] = radius * Math.cos(angle);
      if (i + 1 < values.length) values[i + 1] = radius * Math.sin(angle);
    }
  }
}

/**
 * The numbers 0 … length - 1 in an order drawn from `random`, every order equally likely (Fisher
 * and Yates).
 */
export function permutation(length: number, random: Random): Uint32Array {
  const order = Uint32Array.from({ length }, (_, index) => index);
  for (let last = length - 1; last > 0; last--) {
    const partner = random.integer(last + 1);
    const value = order[last]!;
    order[last] = order[partner]!;
    order[partner] = value;
  }
  return order;
}

/**
 * Absorbs the seeds into 32 bits, then gives as many words as asked (splitmix32: a Weyl sequence
 * through murmur's finalizer).
 */
function mixSeeds(seeds: readonly (number | string)[]): () => number {
  let state = 0x9e3779b9;
  const absorb = (word: number) => {
    state = finalize((state ^ word) + 0x9e3779b9);
  };
  for (const seed of seeds) {
    if (typeof seed === 'string') {
      for (let i = 0; i < seed.length; i++) absorb(seed.charCodeAt(i));
      absorb(seed.length);
    } else {
      float64[0] = seed;
      absorb(words[0]!);
      absorb(words[1]!);
    }
  }
  return () => {
    state = (state + 0x9e3779b9) | 0;
    return finalize(state);
  };
}

const float64 = new Float64Array(1);
const words = new Uint32Array(float64.buffer);

/** The 32-bit finalizer of MurmurHash3: every input bit reaches every output bit. */
function finalize(word: number): number {
  let hash = word ^ (word >>> 16);
  hash = Math.imul(hash, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
