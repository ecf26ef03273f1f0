/**
 * The study's nets on a backend, beside `onnxruntime` on the processor, both in this process:
 * medians of five runs. With `--start` it only says whether the backend starts. Exit code 3: it
 * does not, for a reason that is printed.
 *
 *     node --import tsx bench/backend/on-backend.ts onnxruntime:cuda [--start]
 */
import { BackendError } from '../../src/backend/packages/backend-error.ts';
import { isBackendName } from '../../src/backend/select/backend-names.ts';
import { selectBackend } from '../../src/backend/select/select-backend.ts';
import { nets } from './nets.ts';

const [name = ''] = process.argv.slice(2);
if (!isBackendName(name)) throw new Error(`Expected the name of a backend, got "${name}"`);
const packages = process.env['GPU_PACKAGES'];
const options = packages === undefined ? {} : { packagesFrom: [packages] };
/** Runs before the measured ones: graphs are compiled in the first, and once more after eight. */
const warmUp = 10;

try {
  const { versions, device } = await selectBackend(name, options);
  const named = Object.entries(versions).map((entry) => entry.join(' '));
  console.log(`${name} starts${device === undefined ? '' : ` on ${device}`}: ${named.join(', ')}`);
} catch (error) {
  if (!(error instanceof BackendError)) throw error;
  console.log(`${name} does not start here. ${error.message}`);
  process.exit(3);
}
if (process.argv.includes('--start')) process.exit();

console.log(
  `${'net'.padEnd(12)} ${'work'.padEnd(9)} ${'processor'.padStart(10)} ${name.padStart(18)}  ratio`,
);
for (const [net, make] of Object.entries(nets)) {
  await selectBackend('onnxruntime', options);
  const processor = await milliseconds(make().work);
  await selectBackend(name, options);
  const ownTimes = await milliseconds(make().work);
  for (const [work, ms] of processor) {
    const mine = ownTimes.get(work)!;
    const left = `${ms.toFixed(1)} ms`.padStart(10);
    const right = `${mine.toFixed(1)} ms`.padStart(18);
    console.log(`${net.padEnd(12)} ${work.padEnd(9)} ${left} ${right}  ${(mine / ms).toFixed(2)}`);
  }
}

async function milliseconds(
  work: Readonly<Record<string, () => Promise<unknown>>>,
): Promise<Map<string, number>> {
  const medians = new Map<string, number>();
  for (const [name, run] of Object.entries(work)) {
    const times: number[] = [];
    for (let round = 0; round < warmUp + 5; round++) {
      const begin = performance.now();
      await run();
      if (round >= warmUp) times.push(performance.now() - begin);
    }
    medians.set(name, times.sort((a, b) => a - b)[2]!);
  }
  return medians;
}
