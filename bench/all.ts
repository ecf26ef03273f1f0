/**
 * The benchmarks of the runner and of large sets, one after the other. Nothing else may run
 * meanwhile.
 *   npm run bench              # about 50 minutes on two cores
 *   npm run bench -- --quick   # smaller, in under four minutes: whether something has become slow
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/**
 * Each program with its arguments, and with those of the quick mode; undefined: the quick mode
 * leaves it out.
 */
const programs: readonly (readonly [string, readonly string[], readonly string[] | undefined])[] = [
  ['runner/costs.ts', [], ['1', '--quick']],
  ['runner/first-run.ts', ['200'], ['200', '1']],
  ['runner/first-run.ts', ['1000'], undefined],
  ['runner/first-run.ts', ['files', '10000'], ['files', '2000', '1']],
  ['runner/light-stages.ts', [], ['5']],
  ['runner/up-to-date.ts', [], ['190', '3']],
  ['runner/no-op.ts', [], undefined],
  ['runner/many-files.ts', [], ['10000']],
  ['runner/instances.ts', [], ['1000']],
  ['million-scores.ts', [], ['50000']],
  ['large-sets.ts', ['100000'], ['1000']],
  ['study.ts', [], undefined],
];
const isQuick = process.argv[2] === '--quick';
let failed = 0;
for (const [program, full, quick] of programs) {
  const argv = isQuick ? quick : full;
  if (argv === undefined) continue;
  console.log(`\n== bench/${[program, ...argv].join(' ')}`);
  const path = fileURLToPath(new URL(program, import.meta.url));
  const { status } = spawnSync(process.execPath, ['--import', 'tsx', path, ...argv], {
    stdio: 'inherit',
  });
  if (status !== 0) failed += 1;
}
process.exitCode = failed === 0 ? 0 : 1;
