import type { History } from '../../../src/learning/training/history.ts';
import type { Run } from './curves-data.ts';

/** A history whose training split gets better by 0.05 in each epoch, and validation by 0.02. */
export function testHistory(epochs: number, chosenEpoch = epochs, start = 0.55): History {
  return {
    splits: ['train', 'val'],
    chosenEpoch,
    epochs: Array.from({ length: epochs }, (_, index) => ({
      epoch: index + 1,
      learningRate: 0.001,
      running: { loss: 0.7, accuracy: 0.5 },
      splits: {
        train: { loss: 0.65 - 0.05 * index, accuracy: start + 0.05 + 0.05 * index },
        val: { loss: 0.68 - 0.02 * index, accuracy: start + 0.02 * index },
      },
    })),
  };
}

/** A run of `testHistory`, with its labels. */
export function testRun(labels: Run['labels'], ...history: Parameters<typeof testHistory>): Run {
  return { labels, history: testHistory(...history) };
}
