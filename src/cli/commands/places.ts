import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadPlaces } from '../../engine/config/places.ts';
import { readText } from '../../engine/files/read-part.ts';
import { probe } from '../../engine/places/probe.ts';
import { formatBytes, formatSeconds } from '../../format-numbers.ts';
import { suggest } from '../../suggest.ts';
import { mistake, orThrow, UsageError } from '../command-error.ts';
import { exitCodes } from '../exit-codes.ts';
import { schedulerOf } from '../make-place.ts';
import { projectRoot } from '../open-project.ts';
import { version } from '../package-info.ts';

/** A probe that has not begun by then waits in the queue, in milliseconds. */
const patience = 120_000;
/** Clocks further apart than this make make-like programs go wrong, in milliseconds. */
const drift = 2_000;

/** `restage places check <place>`: submits a probe, and says what its node sees. */
export async function placesCommand([action, name = '']: readonly string[]): Promise<number> {
  if (action !== 'check') throw new UsageError(`places takes "check" and the name of a place, not "${action}"`);
  const root = projectRoot();
  const { byName } = orThrow(loadPlaces(root));
  const place = byName.get(name);
  if (place === undefined) throw mistake('unknown-place', `There is no place "${name}"`, suggest(name, byName.keys()));
  const script = fileURLToPath(new URL('./job-main.js', import.meta.url));
  const commandFor = (folder: string) => ({ node: process.execPath, words: [script, '--probe', folder] });
  const scheduler = schedulerOf(place);
  const found = await probe(place, scheduler, { cache: join(root, 'cache'), root, commandFor, patience });
  const said = readText(join(found.folder, 'output')).trim();
  rmSync(found.folder, { recursive: true, force: true });
  const { report, seenAt = 0 } = found;
  if (report === undefined) {
    await scheduler.cancel(found.job);
    const why = said === '' ? 'it waits in the queue, or its node does not see this folder' : `it printed: ${said}`;
    process.stdout.write(`✗ ${name}: the probe, job ${found.job}, has not answered: ${why}\n`);
    return exitCodes.failed;
  }
  const lines: readonly (readonly [boolean, string])[] = [
    [true, `shared root: ${root} is visible on ${report.host}`],
    [report.restage === version, `Restage ${report.restage}`],
    [
      report.node === process.version,
      `Node ${report.node}${report.node === process.version ? '' : `, and ${process.version} here: a checkpoint of one does not serve the other`}`,
    ],
    [true, `scratch space: ${formatBytes(report.scratchBytes)} in ${report.scratch}`],
    [Math.abs(seenAt - report.time) < drift, `clock: ${formatSeconds(Math.abs(seenAt - report.time) / 1000)} apart`],
    [report.gpus >= place.gpu, `graphics cards: ${report.gpus} of ${place.gpu}`],
    [true, `cores: ${report.cores}`],
    ...(place.container.length > 0 ? [[true, `container: ${place.container.join(' ')}`] as const] : []),
  ];
  for (const [ok, line] of lines) process.stdout.write(`${ok ? '✓' : '!'} ${line}\n`);
  return exitCodes.ok;
}
