import { setTimeout as delay } from 'node:timers/promises';
import { cacheOf } from '../../engine/files/cache-paths.ts';
import { readEnd } from '../../engine/files/read-part.ts';
import type { PlaceSpec } from '../../engine/places/place-spec.ts';
import { prepareJob } from '../../engine/places/prepare-job.ts';
import { type NodeFacts, readAnswer } from '../../engine/places/probe.ts';
import { formatBytes, formatCountOf, formatSeconds } from '../../format-numbers.ts';
import { describeState, isFinal, type JobRequest, type Scheduler } from '../../scheduler.ts';
import { jobCommand } from '../job-command.ts';
import type { OpenedProject } from '../opened-project.ts';
import { version } from '../package-info.ts';
import { placeCalled } from './place-called.ts';
import { drift, type Findings, finding, type ProbeFinding } from './probe-finding.ts';
import { probeHosts } from './probe-hosts.ts';

/**
 * Milliseconds that a probe has to answer, between two looks for its answer, and between two
 * questions to the scheduler.
 */
const patience = 120_000;
const look = 250;
const ask = 5_000;

/**
 * Submits a small job to a place, and tells what its node can do. Returns whether stages can run
 * there. Throws a `PipelineError` for an unknown place.
 */
export async function* probePlace({ root, env }: OpenedProject, name: string): Findings {
  const place = await placeCalled(root, name);
  if (place.engine === 'ssh') return yield* probeHosts(place, env);
  const commandFor = (folder: string) => jobCommand('--probe', folder);
  const cache = cacheOf(root);
  const job = `probe-${Date.now()}`;
  const { folder, request } = prepareJob(job, place, commandFor, { cache, root, env });
  try {
    return yield* probe({
      place,
      request,
      folder: folder.path,
      scheduler: place.scheduler.open(env),
    });
  } finally {
    folder.remove();
  }
}

/** A probe that is about to be submitted. */
interface Probe {
  readonly place: PlaceSpec;
  readonly request: JobRequest;
  /** Where it answers. */
  readonly folder: string;
  readonly scheduler: Scheduler;
}

async function* probe({ place, request, folder, scheduler }: Probe): Findings {
  const { cpu, gpu, nodes, memory, time } = place;
  const needs = { cpu, gpu, memory: memory.most, ...(nodes > 1 && { nodes }) };
  const largest = await scheduler.wouldTake?.({ ...request, needs });
  const isTaken = largest?.ok !== false;
  if (largest !== undefined) {
    const cards = gpu > 0 ? [formatCountOf(gpu, 'graphics card')] : [];
    const size = [
      ...(nodes > 1 ? [formatCountOf(nodes, 'node')] : []),
      formatCountOf(cpu, 'core'),
      ...cards,
      formatBytes(memory.most),
      formatSeconds(time / 1000),
    ];
    yield finding(
      isTaken ? 'fine' : 'fails',
      `the largest job, ${size.join(', ')}: ${largest.words}`,
    );
  }
  for (const slip of (await scheduler.slipsIn?.({ ...request, needs })) ?? [])
    yield finding('differs', slip);
  const small: JobRequest = { ...request, needs: { ...request.needs, gpu }, seconds: 300 };
  const probed = isTaken ? small : yield* smallJob(place, small, scheduler);
  if (probed === undefined) return false;
  const job = await scheduler.submit(probed);
  const answer = yield* answerOf(job, request.name, folder, scheduler);
  const output = readEnd(request.log, 4096).trim();
  if (answer === undefined) {
    await scheduler.cancel(job, request.name);
    const why =
      output === ''
        ? 'it waits in the queue, or its node does not see this folder'
        : `it printed:\n${output}`;
    yield finding('fails', `${place.name}: the probe, job ${job}, has not answered: ${why}`);
    return false;
  }
  yield* describeNode(answer, place, request);
  if (output !== '')
    yield finding(
      'differs',
      `the job printed, perhaps a line of \`setup\` that failed:\n${output}`,
    );
  return isTaken;
}

function* describeNode(
  answer: NodeFacts,
  { gpu, container }: PlaceSpec,
  request: JobRequest,
): Generator<ProbeFinding> {
  const apart = Math.abs(Date.now() - answer.time);
  const isSame = answer.node === process.version;
  const note = isSame
    ? ''
    : `, and ${process.version} here: a checkpoint of one does not serve the other`;
  const fineIf = (isFine: boolean) => (isFine ? 'fine' : 'differs');
  yield finding('fine', `shared root: ${request.root} is visible on ${answer.host}`);
  yield finding(fineIf(answer.restage === version), `Restage ${answer.restage}`);
  yield finding(fineIf(isSame), `Node ${answer.node}${note}`);
  const scratch = `${formatBytes(answer.scratchBytes)} in ${answer.scratch}`;
  yield finding('fine', `scratch space: ${scratch}`);
  yield finding(fineIf(apart < drift), `clock: ${formatSeconds(apart / 1000)} apart`);
  yield finding(fineIf(answer.gpus >= gpu), `graphics cards: ${answer.gpus} of ${gpu}`);
  yield finding('fine', `cores: ${answer.cores}`);
  if (container.length > 0) yield finding('fine', `container: ${container.join(' ')}`);
}

/** The least that a probe asks for, in bytes. */
const leastMemory = 200 * 2 ** 20;

/**
 * Names each resource that alone is too much, and returns a probe without it; undefined where no
 * job would start.
 */
async function* smallJob(
  place: PlaceSpec,
  small: JobRequest,
  scheduler: Scheduler,
): AsyncGenerator<ProbeFinding, JobRequest | undefined, void> {
  const { cpu, gpu, nodes, memory, time } = place;
  const least = {
    ...small,
    needs: { cpu: 1, gpu: 0, memory: Math.min(leastMemory, memory.default) },
  };
  const any = await scheduler.wouldTake!(least);
  if (!any.ok) {
    yield finding('fails', `no job, however small, is taken: ${any.words}`);
    return undefined;
  }
  const alone = (needs: Partial<JobRequest['needs']>): JobRequest => ({
    ...least,
    needs: { ...least.needs, ...needs },
  });
  const resources: readonly (readonly [what: string, request: JobRequest])[] = [
    [`cpu, ${formatCountOf(cpu, 'core')}`, alone({ cpu })],
    [`gpu, ${formatCountOf(gpu, 'graphics card')}`, alone({ gpu })],
    [`nodes, ${formatCountOf(nodes, 'node')}`, alone({ nodes })],
    [`memory.most, ${formatBytes(memory.most)}`, alone({ memory: memory.most })],
    [`time, ${formatSeconds(time / 1000)}`, { ...least, seconds: Math.ceil(time / 1000) }],
  ];
  let isAny = false;
  for (const [what, request] of resources) {
    const { ok, words } = await scheduler.wouldTake!(request);
    if (!ok) yield finding('fails', `${what}: ${words}`);
    isAny ||= !ok;
  }
  if (!isAny)
    yield finding('fails', 'each of them alone would start: no node has all of them together');
  return (await scheduler.wouldTake!(small)).ok ? small : least;
}

/** Waits for the answer of a probe, and tells each new state of its job. */
async function* answerOf(
  job: string,
  name: string,
  folder: string,
  scheduler: Scheduler,
): AsyncGenerator<ProbeFinding, NodeFacts | undefined, void> {
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
      if (state !== lastState) yield finding('waits', `job ${job}: ${state}`);
      lastState = state;
    }
    await delay(look);
  }
  return undefined;
}
