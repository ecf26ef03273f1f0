/**
 * Wall time, processor time and peak memory of `evaluate` and `roc-det` on many scores, bootstrap
 * included. The goal for a million scores is 40 s each on two cores.
 *
 *     node --import tsx bench/million-scores.ts [scores] [draws] [images of a group] [sources]
 *
 * 1,000,000 scores of `test` and a tenth as many of `val`, 2,000 draws, no groups, one source
 * unless told otherwise; 100000 is the quick mode. Each stage runs in a process of its own.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Random } from '../src/random.ts';
import runEvaluate from '../stages/evaluate/run.ts';
import { spec as evaluate } from '../stages/evaluate/spec.ts';
import runRocDet from '../stages/roc-det/run.ts';
import { spec as rocDet } from '../stages/roc-det/spec.ts';
import { StageBench } from '../test/support/stage-bench.ts';

const [first, ...others] = process.argv.slice(2);
if (first === 'evaluate' || first === 'roc-det')
  await measure(first, others[0]!, Number(others[1]));
else compareStages([first ?? 1_000_000, ...others].map(Number));

function compareStages([
  scores = 1_000_000,
  draws = 2000,
  groupSize = 0,
  sources = 1,
]: readonly number[]): void {
  const folder = mkdtempSync(join(tmpdir(), 'scores-'));
  try {
    const file = join(folder, 'scores.csv');
    writeFileSync(file, scoresOf(scores, groupSize, sources));
    for (const stage of ['evaluate', 'roc-det']) {
      const program = [
        ...process.execArgv,
        fileURLToPath(import.meta.url),
        stage,
        file,
        `${draws}`,
      ];
      spawnSync(process.execPath, program, { stdio: 'inherit' });
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Normal scores, those of fakes higher by one deviation, as a file. */
function scoresOf(scores: number, groupSize: number, sources: number): string {
  const random = new Random('many scores');
  const lines = ['key,split,label,real,fake,source,group'];
  for (const [split, size] of [['test', scores] as const, ['val', scores / 10] as const]) {
    for (let i = 0; i < size; i++) {
      const label = random.integer(2);
      const fake = random.normal() + label;
      const source = `${label === 0 ? 'real' : 'fake'}${random.integer(sources)}`;
      const group = groupSize > 0 ? `video ${Math.floor(i / groupSize)}` : '';
      lines.push(
        `${split}/${i}.jpg,${split},${label},${random.normal()},${fake},${source},${group}`,
      );
    }
  }
  return `${lines.join('\n')}\n`;
}

async function measure(
  stage: 'evaluate' | 'roc-det',
  scores: string,
  draws: number,
): Promise<void> {
  using bench = new StageBench();
  const start = performance.now();
  const given = { with: { draws }, inputs: { scores } };
  if (stage === 'evaluate')
    await bench.run(evaluate, runEvaluate, { ...given, outputs: ['scores', 'metrics'] });
  else await bench.run(rocDet, runRocDet, given);
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  const wall = (performance.now() - start) / 1e3;
  const processor = (userCPUTime + systemCPUTime) / 1e6;
  const metrics = readFileSync(bench.output('metrics', { ...rocDet.outputs['metrics']! }));
  const digits = createHash('sha256').update(metrics).digest('hex').slice(0, 8);
  const texts = [`${wall.toFixed(1)} s`, `${processor.toFixed(1)} s of processor time`];
  console.log(
    `${stage.padEnd(10)}${texts.join(', ')}, ${(maxRSS / 1024).toFixed(0)} MB, digits ${digits}`,
  );
}
