/**
 * The two scores of every image, one after the other: `[images, 2]` in row order, first for real, second for fake.
 * As a network gives them, before any softmax.
 */
export type Logits = ArrayLike<number>;

/**
 * What images are ranked by: second score less first, in float64 `[images]`; higher is more fake.
 *
 * Not the softmax of the two, which it orders alike: in float32 that saturates at 1 and makes ties of sure images.
 */
export function logitDifferences(logits: Logits): Float64Array {
  return Float64Array.from({ length: logits.length / 2 }, (_, i) => logits[2 * i + 1]! - logits[2 * i]!);
}

/** The class with the higher score, `[images]`: 0 = real, 1 = fake; real on a tie, as an argmax has it. */
export function predictedClasses(logits: Logits): Uint8Array {
  return Uint8Array.from({ length: logits.length / 2 }, (_, i) => (logits[2 * i + 1]! > logits[2 * i]! ? 1 : 0));
}

/**
 * The probability of fake by the softmax of the two scores, `[images]`: 1 / (1 + e^(-difference)).
 *
 * @param differences {@link logitDifferences}.
 * @param temperature What the logits are divided by first, above 0: see {@link fitTemperature}.
 */
export function fakeProbabilities(differences: ArrayLike<number>, temperature = 1): Float64Array {
  return Float64Array.from(differences, (difference) => 1 / (1 + Math.exp(-difference / temperature)));
}
