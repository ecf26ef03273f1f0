/**
 * The best loss after a number of trials, by our samplers and by Optuna's, on six standard
 * functions and a grid of real trainings, 20 seeds each.
 *
 *     node --import tsx bench/sweeps/compare.ts            # ours, against optuna.csv
 *     apt-get install python3-optuna
 *     node --import tsx bench/sweeps/compare.ts --optuna   # measures Optuna, and writes optuna.csv
 *
 * The test is Wilcoxon's signed-rank test, one-sided, over all pairs of a task and a seed. Losses
 * of different tasks have no scale in common, so each is first replaced by its rank among those of
 * both samplers on its task. Results are in README.md.
 */
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { csvRecords } from '../../src/csv.ts';
import { normalCdf } from '../../src/learning/metrics/intervals/normal-distribution.ts';
import { proposeTrial } from '../../src/learning/sampling/propose-trial.ts';
import { defaultStartup, type SamplerName } from '../../src/learning/sampling/samplers.ts';
import type { Trial } from '../../src/learning/sampling/trial.ts';
import { type Task, tasks } from './tasks.ts';

const { values: options } = parseArgs({ options: { optuna: { type: 'boolean' } } });
const seeds = Array.from({ length: 20 }, (_, index) => index + 1);
const file = join(import.meta.dirname, 'optuna.csv');

const ours = ['tpe', 'tpe-univariate', 'sobol', 'random'] as const;
const peers = ['multivariate', 'default'] as const;

type Losses = readonly number[]; // the best of each seed

function oursOn({ space, trials: count, loss }: Task, sampler: SamplerName): Losses {
  return seeds.map((seed) => {
    const trials: Trial[] = [];
    while (trials.length < count) {
      const search = { space, sampler, seed, startup: defaultStartup };
      const { values } = proposeTrial(search, trials);
      const outcome = { state: 'ended', loss: loss(values) } as const;
      trials.push({ number: trials.length + 1, values, outcome });
    }
    return Math.min(...trials.map(({ outcome }) => ('loss' in outcome ? outcome.loss : Infinity)));
  });
}

/** Writes the best loss of each seed by Optuna's samplers. */
async function measureOptuna(): Promise<void> {
  const python = spawn('/usr/bin/python3', [join(import.meta.dirname, 'optuna_peer.py')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: python.stdout })[Symbol.asyncIterator]();
  const nextLine = async () => JSON.parse((await lines.next()).value as string);
  const rows = ['sampler,task,seed,loss'];
  for (const sampler of peers) {
    for (const [name, { space, trials, loss }] of Object.entries<Task>(tasks)) {
      for (const seed of seeds) {
        python.stdin.write(`${JSON.stringify({ space, trials, sampler, seed })}\n`);
        let least = Infinity;
        for (let trial = 0; trial < trials; trial++) {
          const value = loss(await nextLine());
          least = Math.min(least, value);
          python.stdin.write(`${value}\n`);
        }
        rows.push([sampler, name, seed, least].join());
      }
    }
  }
  python.stdin.end();
  writeFileSync(file, `${rows.join('\n')}\n`);
}

function optunaOn(task: string, sampler: string): Losses {
  const [, ...rows] = csvRecords(readFileSync(file, 'utf8'));
  return rows.flatMap(({ fields: [by, name, , loss] }) =>
    by === sampler && name === task ? [Number(loss)] : [],
  );
}

/** Ranks from 1, ties with their mean. */
function ranksOf(values: readonly number[]): readonly number[] {
  return values.map((value) => {
    const below = values.filter((other) => other < value).length;
    const same = values.filter((other) => other === value).length;
    return below + (same + 1) / 2;
  });
}

/**
 * The probability, were both alike, that ours are at least so much worse: Wilcoxon's signed-rank
 * test by its normal approximation, with ties corrected and differences of zero left out.
 */
function chanceOfWorse(differences: readonly number[]): number {
  const kept = differences.filter((difference) => difference !== 0);
  const ranks = ranksOf(kept.map(Math.abs));
  const positive = ranks.reduce((sum, rank, index) => sum + (kept[index]! > 0 ? rank : 0), 0);
  const mean = ranks.reduce((sum, rank) => sum + rank, 0) / 2;
  const variance = ranks.reduce((sum, rank) => sum + rank ** 2, 0) / 4;
  return 1 - normalCdf((positive - mean - 0.5) / Math.sqrt(variance));
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return (
    (sorted[Math.floor((sorted.length - 1) / 2)]! + sorted[Math.floor(sorted.length / 2)]!) / 2
  );
}

if (options.optuna) await measureOptuna();
const found = new Map(
  Object.entries<Task>(tasks).map(([name, task]) => {
    const own = ours.map((sampler) => [sampler, oursOn(task, sampler)] as const);
    const others = peers.map((peer) => [`Optuna ${peer}`, optunaOn(name, peer)] as const);
    return [name, new Map<string, Losses>([...own, ...others])] as const;
  }),
);

const methods = [...ours, ...peers.map((peer) => `Optuna ${peer}`)];
console.log(`| task | trials | ${methods.join(' | ')} |`);
console.log(`| --- |${' ---: |'.repeat(methods.length + 1)}`);
for (const [name, byMethod] of found) {
  const medians = methods.map((method) => medianOf(byMethod.get(method)!).toPrecision(4));
  console.log(`| ${name} | ${tasks[name as keyof typeof tasks].trials} | ${medians.join(' | ')} |`);
}
console.log('\n| ours | Optuna | pairs: ours better, equal, worse | p that ours is worse |');
console.log('| --- | --- | --- | ---: |');
for (const sampler of ['tpe', 'tpe-univariate']) {
  for (const peer of peers) {
    const differences = [...found.values()].flatMap((byMethod) => {
      const own = byMethod.get(sampler)!;
      const other = byMethod.get(`Optuna ${peer}`)!;
      const ranks = ranksOf([...own, ...other]);
      return own.map((_, index) => ranks[index]! - ranks[own.length + index]!);
    });
    const count = (sign: number) => differences.filter((each) => Math.sign(each) === sign).length;
    const pairs = `${count(-1)}, ${count(0)}, ${count(1)}`;
    console.log(`| ${sampler} | ${peer} | ${pairs} | ${chanceOfWorse(differences).toFixed(3)} |`);
  }
}
