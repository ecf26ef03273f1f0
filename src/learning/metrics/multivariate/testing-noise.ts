import { Random } from '../../../random.ts';
import { crossValidatedAuc } from './cross-validated-auc.ts';
import { groupedFolds } from './grouped-folds.ts';

/** Items in groups, and how they differ. */
export interface NoiseDesign {
  /** The numbers of items of class 0 and of class 1 in each group. */
  readonly groups: readonly (readonly [zeros: number, ones: number])[];
  readonly columns: number;
  /** How much of the variance the items of a group have in common. Default: 0. */
  readonly shared?: number;
  /** How much of it those of one class of a group have in common besides. Default: 0. */
  readonly sharedByClass?: number;
  /** How far apart the classes are in the first column, in deviations. Default: 0. */
  readonly apart?: number;
}

/** So many items, each alone, every `every`th of class 1. */
export const alone = (items: number, every = 2): NoiseDesign['groups'] =>
  Array.from({ length: items }, (_, i) => (i % every === 0 ? [0, 1] : [1, 0]));

/** Draws columns of normal noise and measures how well they separate the classes, in five folds. */
export function measureNoise(design: NoiseDesign, seed: number) {
  const drawn = drawNoise(design, seed);
  return { ...drawn, auc: crossValidatedAuc(drawn, { confidence: 0.95, seed }) };
}

function drawNoise(
  { groups: sizes, columns, shared = 0, sharedByClass = 0, apart = 0 }: NoiseDesign,
  seed: number,
) {
  const random = new Random('noise', seed);
  const normals = () => Array.from({ length: columns }, () => random.normal());
  const labels: number[] = [];
  const groups: number[] = [];
  const values: number[] = [];
  for (const [group, counts] of sizes.entries()) {
    const ofGroup = normals();
    for (const [label, count] of counts.entries()) {
      const ofClass = normals();
      for (let i = 0; i < count; i++) {
        labels.push(label);
        groups.push(group);
        const noise = normals();
        for (let k = 0; k < columns; k++) {
          const value = Math.sqrt(shared) * ofGroup[k]! + Math.sqrt(sharedByClass) * ofClass[k]!;
          values.push(
            value +
              Math.sqrt(1 - shared - sharedByClass) * noise[k]! +
              (k === 0 ? apart * label : 0),
          );
        }
      }
    }
  }
  const folds = groupedFolds(labels, groups, { count: 5, seed });
  return { values: Float64Array.from(values), labels, groups, folds };
}
