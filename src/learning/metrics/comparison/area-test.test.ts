import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../random.ts';
import type { BinaryRow } from '../scores/binary-view.ts';
import type { ScoreTable } from '../scores/scores-file.ts';
import { testAreas } from './area-test.ts';
import { aucGain } from './auc-gain.ts';
import { compareModels } from './compare-models.ts';

/** Sixty images by two models, in groups of five where `grouped`. */
function twoModels(grouped: boolean) {
  const random = new Random('area test');
  const labels = Array.from({ length: 60 }, (_, i) => (i < 30 ? 0 : 1));
  const groups = labels.map((_, i) => (grouped ? `video ${Math.floor(i / 5)}` : undefined));
  const scoresOf = (shift: number) => labels.map((label) => shift * label + random.normal());
  return { labels, groups, models: [scoresOf(1.2), scoresOf(0.6)] as const };
}

const tableOf = (
  { labels, groups }: ReturnType<typeof twoModels>,
  scores: readonly number[],
): ScoreTable => ({
  classes: ['real', 'fake'],
  names: ['real', 'fake'],
  scale: 'logits',
  rows: labels.map((label, i) => ({
    key: `${i}`,
    split: 'test',
    label,
    scores: [0, scores[i]!],
    group: groups[i],
  })),
});

test('two ways of scoring have the same test wherever they are compared, in groups an exchange of them', () => {
  for (const grouped of [false, true]) {
    const drawn = twoModels(grouped);
    const { labels, groups, models } = drawn;
    const tested = testAreas({ labels, groups }, models, { level: 0.95 });
    assert.equal(tested.test, grouped ? 'group-exchange' : 'delong');
    const gain = aucGain(tableOf(drawn, models[0]), tableOf(drawn, models[1]), {
      split: 'test',
      confidence: 0.95,
    });
    assert.equal(gain?.gain.p, tested.p);
    const rows = models.map((scores) =>
      scores.map((positive, i): BinaryRow => {
        const label = labels[i] === 1 ? 1 : 0;
        return { key: `${i}`, split: 'test', label, negative: 0, positive, group: groups[i] };
      }),
    );
    const [pair] = compareModels(
      { labels, groups, models: rows, images: rows[0]!, unmatched: [0, 0] },
      { level: 0.95, seed: 7 },
    );
    assert.equal(pair!.auc.p, tested.p);
  }
});
