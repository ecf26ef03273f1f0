// Mistreats Restage and counts broken promises: `npm run torture`. One seed decides all random
// choices.
//   npm run torture -- [--scale 0.1] [--seed 1] [--only kills,trainings,disk,yaml,images,together]
import { parseArgs } from 'node:util';
import { Random } from '../../src/random.ts';
import { fullDisk } from './full-disk.ts';
import { images } from './images.ts';
import { kills } from './kills.ts';
import type { Ordeal } from './ordeal.ts';
import { together } from './together.ts';
import { trainings } from './trainings.ts';
import { yamlFiles } from './yaml-files.ts';

const ordeals: Readonly<
  Record<string, { readonly what: string; readonly count: number; readonly ordeal: Ordeal }>
> = {
  kills: { what: 'kills of commands', count: 200, ordeal: kills },
  trainings: { what: 'kills of trainings', count: 20, ordeal: trainings },
  disk: { what: 'sizes of a full disk', count: 20, ordeal: fullDisk },
  yaml: { what: 'damaged YAML files', count: 5000, ordeal: yamlFiles },
  images: { what: 'broken images', count: 500, ordeal: images },
  together: { what: 'rounds of six runs with gc, clean and verify', count: 20, ordeal: together },
};

const { values } = parseArgs({
  options: {
    scale: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: Object.keys(ordeals).join() },
  },
});
const names = values.only.split(',');
const unknown = names.find((name) => !Object.hasOwn(ordeals, name));
if (unknown !== undefined || !(Number(values.scale) > 0)) {
  const choice = Object.keys(ordeals).join(', ');
  console.error(
    `error: expected --scale above 0 and --only of ${choice}, got ${values.scale} and ${values.only}`,
  );
  process.exit(2);
}

const rows: string[] = [];
for (const name of names) {
  const { what, count: full, ordeal } = ordeals[name]!;
  const count = Math.max(1, Math.round(full * Number(values.scale)));
  const begun = performance.now();
  let done = 0;
  let skipped: string | undefined;
  const broken: string[] = [];
  await ordeal(count, new Random(name, Number(values.seed)), {
    done: (times = 1) => {
      done += times;
      if (process.stderr.isTTY)
        process.stderr.write(`\r\u001b[K${what}: ${done}/${count}, ${broken.length} broken`);
    },
    broken: (message) => {
      broken.push(message);
      console.error(`\n${what}: ${message}`);
    },
    skipped: (reason) => {
      skipped = reason;
    },
  });
  const seconds = ((performance.now() - begun) / 1000).toFixed(0);
  const end =
    skipped === undefined
      ? `${broken.length} broken promises in ${seconds} s`
      : `skipped: ${skipped}`;
  rows.push(`${String(done).padStart(5)} ${what}: ${end}`);
  if (broken.length > 0) process.exitCode = 1;
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
  console.log(rows.at(-1));
}
