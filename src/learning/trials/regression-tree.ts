/** The settings of trials, each as a level from 0, and the value that each trial came to. */
export interface Design {
  readonly settings: readonly SettingLevels[];
  readonly values: Float64Array;
}

/** The levels of one setting. */
export interface SettingLevels {
  /** How many different values it has. */
  readonly count: number;
  /** Whether the levels have an order; otherwise a split is one of any two groups of them. */
  readonly isOrdered: boolean;
  /** The level of each trial. */
  readonly levels: Int32Array;
}

/** A region of settings in which a tree has one value. */
export interface Leaf {
  /** The mean of the trials in it. */
  readonly value: number;
  /** The levels of each setting that belong to it. */
  readonly allowed: readonly Int32Array[];
}

/** A regression tree: its leaves, and the way to the leaf of any settings. */
export interface Tree {
  readonly leaves: readonly Leaf[];
  /** The value for a level of each setting. */
  predict(levels: ArrayLike<number>): number;
}

/** Where the tree divides its trials, or ends. */
interface Branch {
  readonly setting: number;
  /** 1 for each level that leads to `lower`. */
  readonly isLower: Uint8Array;
  lower: Branch | number;
  upper: Branch | number;
}

/** Trials that are yet to be divided, and where the result hangs in the tree. */
interface Open {
  readonly trials: Int32Array;
  readonly allowed: readonly Int32Array[];
  readonly attach: (part: Branch | number) => void;
}

/** Where trials are divided: along a setting, into these levels and the others. */
interface Split {
  readonly setting: number;
  readonly gain: number;
  readonly lower: Int32Array;
  readonly upper: Int32Array;
}

/**
 * A regression tree, grown until each leaf has one value or no setting separates its trials;
 * `weights` say how often a trial counts. Splits lower the sum of squares most (Breiman et al.
 * 1984). Levels between two trials are divided in the middle.
 */
export function growTree(design: Design, weights: ArrayLike<number>): Tree {
  const { settings, values } = design;
  const counted = Int32Array.from(values.keys()).filter((trial) => weights[trial]! > 0);
  const all = settings.map(({ count }) => Int32Array.from({ length: count }, (_, level) => level));
  let root: Branch | number = 0;
  const open: Open[] = [
    {
      trials: counted,
      allowed: all,
      attach: (part) => {
        root = part;
      },
    },
  ];
  const leaves: Leaf[] = [];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { trials, allowed, attach } = next;
    const split = bestSplit(design, weights, next);
    if (split === undefined) {
      const value = meanOf(values, weights, trials);
      leaves.push({ value, allowed });
      attach(value);
      continue;
    }
    const { setting } = split;
    const { levels, count } = settings[setting]!;
    const branch: Branch = { setting, isLower: new Uint8Array(count), lower: 0, upper: 0 };
    for (const level of split.lower) branch.isLower[level] = 1;
    attach(branch);
    const inside = (side: 'lower' | 'upper', is: number): Open => ({
      trials: trials.filter((trial) => branch.isLower[levels[trial]!] === is),
      allowed: allowed.map((known, at) => (at === setting ? split[side] : known)),
      attach: (part) => {
        branch[side] = part;
      },
    });
    open.push(inside('upper', 0), inside('lower', 1));
  }
  return {
    leaves,
    predict(levels) {
      let part: Branch | number = root;
      while (typeof part === 'object')
        part = part.isLower[levels[part.setting]!] === 1 ? part.lower : part.upper;
      return part;
    },
  };
}

function meanOf(values: Float64Array, weights: ArrayLike<number>, trials: Int32Array): number {
  let sum = 0;
  let total = 0;
  for (const trial of trials) {
    sum += weights[trial]! * values[trial]!;
    total += weights[trial]!;
  }
  return sum / total;
}

/**
 * The best split, even one without a gain: of two settings that matter only together, the first
 * split has none.
 */
function bestSplit(
  design: Design,
  weights: ArrayLike<number>,
  node: Pick<Open, 'trials' | 'allowed'>,
): Split | undefined {
  const { values } = design;
  const [first] = node.trials;
  if (node.trials.every((trial) => values[trial] === values[first!])) return undefined;
  let best: Split | undefined;
  for (const setting of design.settings.keys()) {
    const split = splitAlong(design, weights, node, setting);
    if (split !== undefined && (best === undefined || split.gain > best.gain)) best = split;
  }
  return best;
}

/** What a node's trials on one level come to. */
interface LevelSum {
  readonly level: number;
  weight: number;
  sum: number;
}

function splitAlong(
  { settings, values }: Design,
  weights: ArrayLike<number>,
  { trials, allowed }: Pick<Open, 'trials' | 'allowed'>,
  setting: number,
): Split | undefined {
  const { isOrdered, levels } = settings[setting]!;
  if (allowed[setting]!.length < 2) return undefined;
  const sums = sumByLevel(levels, values, weights, trials);
  if (sums.length < 2) return undefined;
  // Of groups in any order, those by their means are enough (Breiman et al. 1984, section 9.4).
  if (!isOrdered) sums.sort((a, b) => a.sum / a.weight - b.sum / b.weight || a.level - b.level);
  const weight = sums.reduce((total, level) => total + level.weight, 0);
  const sum = sums.reduce((total, level) => total + level.sum, 0);
  let lowerWeight = 0;
  let lowerSum = 0;
  let at = 0;
  let gain = Number.NEGATIVE_INFINITY;
  for (let i = 0; i + 1 < sums.length; i++) {
    lowerWeight += sums[i]!.weight;
    lowerSum += sums[i]!.sum;
    const upperWeight = weight - lowerWeight;
    const upperSum = sum - lowerSum;
    const reached = lowerSum ** 2 / lowerWeight + upperSum ** 2 / upperWeight - sum ** 2 / weight;
    if (reached > gain) {
      gain = reached;
      at = i;
    }
  }
  if (isOrdered) {
    const cut = (sums[at]!.level + sums[at + 1]!.level) / 2;
    const lower = allowed[setting]!.filter((level) => level <= cut);
    return { setting, gain, lower, upper: allowed[setting]!.filter((level) => level > cut) };
  }
  const below = new Set(sums.slice(0, at + 1).map(({ level }) => level));
  const above = new Set(sums.slice(at + 1).map(({ level }) => level));
  // Levels without a trial go with most of the trials.
  const isMostlyLower =
    sums.slice(0, at + 1).reduce((w, level) => w + level.weight, 0) > weight / 2;
  const isLower = (level: number) => below.has(level) || (isMostlyLower && !above.has(level));
  const lower = allowed[setting]!.filter(isLower);
  return { setting, gain, lower, upper: allowed[setting]!.filter((level) => !isLower(level)) };
}

/** The sums of trials by level, in the order of the levels. */
function sumByLevel(
  levels: Int32Array,
  values: Float64Array,
  weights: ArrayLike<number>,
  trials: Int32Array,
): LevelSum[] {
  const sorted = trials.toSorted((a, b) => levels[a]! - levels[b]!);
  const sums: LevelSum[] = [];
  for (const trial of sorted) {
    const level = levels[trial]!;
    let last = sums.at(-1);
    if (last?.level !== level) {
      last = { level, weight: 0, sum: 0 };
      sums.push(last);
    }
    last.weight += weights[trial]!;
    last.sum += weights[trial]! * values[trial]!;
  }
  return sums;
}
