import { rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { cacheOf } from '../../engine/files/cache-paths.ts';
import { readEnd } from '../../engine/files/read-part.ts';
import { prepareJob } from '../../engine/places/job-script.ts';
import { loadPlaces } from '../../engine/places/place-file.ts';
import type { PlaceSpec } from '../../engine/places/place-spec.ts';
import { readAnswer } from '../../engine/places/probe.ts';
import {
  describeState,
  isFinal,
  type JobRequest,
  type Scheduler,
} from '../../engine/places/schedulers/scheduler.ts';
import { openScheduler } from '../../engine/places/schedulers/schedulers.ts';
import { formatBytes, formatCountOf, formatSeconds } from '../../format-numbers.ts';
import { version } from '../../project/package-info.ts';
import { mistake, orThrow } from '../../project/pipeline-error.ts';
import { suggest } from '../../suggest.ts';
import { UsageError } from '../../user-error.ts';
import { print } from '../support/command-error.ts';
import { currentRoot } from '../support/open-here.ts';
import { exitCodes } from '../support/process-end.ts';

/**
 * Milliseconds that a probe has to answer, between two looks for its answer, and between two
 * questions to the scheduler.
 */
const patience = 120_000;
const look = 250;
const ask = 5_000;
/** A larger difference between clocks, in milliseconds, misleads programs such as make. */
const drift = 2_000;

const tell = (mark: '✓' | '!' | '…' | '✗', line: string) => print(`${mark} ${line}`);

export async function placesCommand([action, name = '']: readonly string[]): Promise<number> {
  if (action !== 'check')
    throw new UsageError(`places takes "check" and the name of a place, not "${action}"`);
  const root = currentRoot();
  const { byName } = orThrow(loadPlaces(root));
  const place = byName.get(name);
  if (place === undefined)
    throw mistake('unknown-place', `There is no place "${name}"`, suggest(name, byName.keys()));
  const script = fileURLToPath(new URL('./job-main.js', import.meta.url));
  const commandFor = (folder: string) => ({
    node: process.execPath,
    words: [script, '--probe', folder],
  });
  const { folder, request } = prepareJob(`probe-${Date.now()}`, place, commandFor, {
    cache: cacheOf(root),
    root,
    env: process.env,
  });
  try {
    return (await probe(place, request, folder)) ? exitCodes.ok : exitCodes.failed;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function probe(place: PlaceSpec, request: JobRequest, folder: string): Promise<boolean> {
  const { cpu, gpu, memory, time, name } = place;
  const scheduler = openScheduler(place, process.env);
  const largest = await scheduler.wouldTake?.({
    ...request,
    needs: { cpu, gpu, memory: memory.most },
  });
  const isTaken = largest?.ok !== false;
  if (largest !== undefined) {
    const cards = gpu > 0 ? [formatCountOf(gpu, 'graphics card')] : [];
    const size = [
      formatCountOf(cpu, 'core'),
      ...cards,
      formatBytes(memory.most),
      formatSeconds(time / 1000),
    ];
    tell(isTaken ? '✓' : '✗', `the largest job, ${size.join(', ')}: ${largest.words}`);
  }
  const small: JobRequest = { ...request, needs: { ...request.needs, gpu }, seconds: 300 };
  const probed = isTaken ? small : await smallJob(place, small, scheduler);
  if (probed === undefined) return false;
  const job = await scheduler.submit(probed);
  const answer = await answerOf(job, request.name, folder, scheduler);
  const output = readEnd(request.log, 4096).trim();
  if (answer === undefined) {
    await scheduler.cancel(job, request.name);
    const why =
      output === ''
        ? 'it waits in the queue, or its node does not see this folder'
        : `it printed:\n${output}`;
    tell('✗', `${name}: the probe, job ${job}, has not answered: ${why}`);
    return false;
  }
  const apart = Math.abs(Date.now() - answer.time);
  const isSame = answer.node === process.version;
  const note = isSame
    ? ''
    : `, and ${process.version} here: a checkpoint of one does not serve the other`;
  tell('✓', `shared root: ${request.root} is visible on ${answer.host}`);
  tell(answer.restage === version ? '✓' : '!', `Restage ${answer.restage}`);
  tell(isSame ? '✓' : '!', `Node ${answer.node}${note}`);
  tell('✓', `scratch space: ${formatBytes(answer.scratchBytes)} in ${answer.scratch}`);
  tell(apart < drift ? '✓' : '!', `clock: ${formatSeconds(apart / 1000)} apart`);
  tell(answer.gpus >= gpu ? '✓' : '!', `graphics cards: ${answer.gpus} of ${gpu}`);
  tell('✓', `cores: ${answer.cores}`);
  if (place.container.length > 0) tell('✓', `container: ${place.container.join(' ')}`);
  if (output !== '')
    tell('!', `the job printed, perhaps a line of \`setup\` that failed:\n${output}`);
  return isTaken;
}

/** The least that a probe asks for, in bytes. */
const leastMemory = 200 * 2 ** 20;

/**
 * Names each resource that alone is too much, and returns a probe without it; undefined where no
 * job would start.
 */
async function smallJob(
  place: PlaceSpec,
  small: JobRequest,
  scheduler: Scheduler,
): Promise<JobRequest | undefined> {
  const { cpu, gpu, memory, time } = place;
  const least = {
    ...small,
    needs: { cpu: 1, gpu: 0, memory: Math.min(leastMemory, memory.default) },
  };
  const any = await scheduler.wouldTake!(least);
  if (!any.ok) {
    tell('✗', `any job, however small: ${any.words}`);
    return undefined;
  }
  const alone = (needs: Partial<JobRequest['needs']>): JobRequest => ({
    ...least,
    needs: { ...least.needs, ...needs },
  });
  const resources: readonly (readonly [what: string, asked: JobRequest])[] = [
    [`cpu, ${formatCountOf(cpu, 'core')}`, alone({ cpu })],
    [`gpu, ${formatCountOf(gpu, 'graphics card')}`, alone({ gpu })],
    [`memory.most, ${formatBytes(memory.most)}`, alone({ memory: memory.most })],
    [`time, ${formatSeconds(time / 1000)}`, { ...least, seconds: Math.ceil(time / 1000) }],
  ];
  let isAny = false;
  for (const [what, jobRequest] of resources) {
    const { ok, words } = await scheduler.wouldTake!(jobRequest);
    if (!ok) tell('✗', `${what}: ${words}`);
    isAny ||= !ok;
  }
  if (!isAny) tell('✗', 'each of them alone would start: no node has all of them together');
  return (await scheduler.wouldTake!(small)).ok ? small : least;
}

async function answerOf(job: string, name: string, folder: string, scheduler: Scheduler) {
  let lastState = '';
  for (let passed = 0, isOver = false; passed < patience; passed += look) {
    const answer = readAnswer(folder);
    if (answer !== undefined || isOver) return answer;
    if (passed % ask === 0) {
      const [listed] = await scheduler.list([name]);
      // Its answer may be late.
      const phase = listed === undefined ? 'unlisted' : scheduler.phaseOf(listed);
      isOver = isFinal(phase) && phase !== 'completed';
      const state = listed === undefined ? lastState || 'submitted' : describeState(listed);
      if (state !== lastState) tell('…', `job ${job}: ${state}`);
      lastState = state;
    }
    await delay(look);
  }
  return undefined;
}
