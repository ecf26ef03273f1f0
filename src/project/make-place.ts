import { readFileSync } from 'node:fs';
import { type Digest, sha256 } from '../digest.ts';
import type { Stage } from '../engine/config/pipeline.ts';
import type { HostFacts, Place } from '../engine/execution/execution.ts';
import { StageLeftToJob } from '../engine/execution/stage-failures.ts';
import { usualPatience } from '../engine/places/batch-watch.ts';
import { ClusterPlace, type ClusterRun } from '../engine/places/cluster-place.ts';
import {
  isTaken,
  limitFailures,
  readStep,
  type Step,
  submitStep,
} from '../engine/places/detached-steps.ts';
import { HostsPlace } from '../engine/places/hosts/hosts-place.ts';
import { type PlacedNode, type Places, placeOf } from '../engine/places/place-file.ts';
import type { AnyPlace, HostsSpec, PlaceSpec } from '../engine/places/place-spec.ts';
import { ownVariables } from '../environment.ts';
import { SubmitError } from '../scheduler.ts';
import { UsageError } from '../user-error.ts';
import type { Cancellation } from './cancellation.ts';
import { jobCommand } from './job-command.ts';
import { buildDigest } from './package-info.ts';

/** The command that takes each step of a detached run, as a job types it. */
export interface RepeatedCommand {
  /** The name under which the user started it. */
  readonly name: string;
  /** Absolute path of its script. */
  readonly script: string;
  readonly argv: readonly string[];
  readonly cwd: string;
}

interface PlaceOptions extends ClusterRun {
  /** The step of a detached run that this process takes; undefined for the command of a user. */
  readonly step: string | undefined;
  readonly command: RepeatedCommand | undefined;
  readonly places: Places;
  readonly on: string | undefined;
  readonly host: HostFacts;
  readonly jobs: number | undefined;
  /** The id of the run. */
  readonly run: string;
  readonly cancellation: Cancellation;
}

/** The stages of a run, and those that a list will make known. */
interface PlacedStages {
  readonly stages: readonly Stage[];
  readonly pending: readonly PlacedNode[];
}

/**
 * This machine together with the places of `places.yaml` that the stages name. A list may make
 * stages known of which nobody could say before where they run.
 */
export function makePlace(
  local: Place,
  { stages, pending }: PlacedStages,
  options: PlaceOptions,
): Place {
  const { places, on, detach, step, cancellation } = options;
  const nodes: readonly PlacedNode[] = [...stages, ...pending];
  const specs = new Set(nodes.flatMap((node) => placeOf(node, places, on) ?? []));
  if (specs.size === 0 && pending.length === 0) return local;
  const failures = { ...(step !== undefined && readStep(step)?.failures) };
  // Taken at the start: an edit during the run must not count as detached.
  const next = { pipeline: digestOfFiles(options.workspace.pipeline.sources.files), failures };
  for (const { engine, name } of detach ? specs : [])
    if (engine === 'ssh')
      throw new UsageError(
        `--detach leaves stages to the jobs of a scheduler, and the place "${name}" has none`,
      );
  if (detach) refuseUnnamed([...specs].filter((spec) => spec.engine !== 'ssh'));
  const clusters = new Map<PlaceSpec, ClusterPlace>();
  const hostPlaces = new Map<HostsSpec, HostsPlace>();
  const clusterOf = (spec: PlaceSpec): ClusterPlace => {
    const cluster = clusters.get(spec) ?? clusterPlace(spec, options);
    clusters.set(spec, cluster);
    cancellation.detaches = true;
    return cluster;
  };
  const otherPlace = (spec: AnyPlace): Place => {
    if (spec.engine !== 'ssh') return clusterOf(spec);
    const place = hostPlaces.get(spec) ?? hostsPlace(spec, options);
    hostPlaces.set(spec, place);
    return place;
  };
  specs.forEach(otherPlace);
  let fetched: Promise<unknown> | undefined;
  // Otherwise the job that takes the next step runs what is for this machine.
  const isHere = !detach || step !== undefined || specs.size === 0;
  let isLater = false;
  const close = async () => {
    const open = [...clusters].filter(([, place]) => place.openJobs().length > 0);
    const [first = [...clusters.keys()][0]!] = open.map(([spec]) => spec);
    const after = open.flatMap(([spec, place]) =>
      spec.scheduler.queue === first.scheduler.queue ? place.openJobs() : [],
    );
    for (const place of [local, ...hostPlaces.values(), ...clusters.values()]) await place.close();
    const isLeft = step !== undefined && cancellation.interrupted; // to the second job of this step
    if (detach && !isLeft && (after.length > 0 || isLater))
      await submitNext(first, after, next, options);
  };
  const all: Place = {
    allocate: async (stage) => {
      fetched ??= isHere ? Promise.resolve() : fetchAll(stages, options);
      await fetched;
      const spec = placeOf(stage, places, on);
      const place = spec === undefined ? local : otherPlace(spec);
      if (place !== local || isHere) return await place.allocate(stage);
      isLater = true;
      throw new StageLeftToJob('it runs in a job of this detached run');
    },
    close,
  };
  return detach ? limitFailures(all, failures, cancellation.signal) : all;
}

/**
 * Steps run on nodes of every cluster. There, a place that names none would mean the cluster of the
 * node.
 */
function refuseUnnamed(places: readonly PlaceSpec[]): void {
  for (const { name, engine, scheduler } of places) {
    const named = places.find((other) => other.engine === engine && other.scheduler.isNamed);
    if (!scheduler.isNamed && named !== undefined)
      throw new UsageError(
        `--detach takes steps on nodes of every cluster, where the place "${name}" would mean theirs: name its cluster in places.yaml, as the place "${named.name}" does`,
      );
  }
}

/**
 * Downloads what any stage will ask for, before the first job is submitted. What fails here is
 * tried again in its stage.
 */
async function fetchAll(
  stages: readonly Stage[],
  { downloads, workspace }: PlaceOptions,
): Promise<void> {
  const files = new Map(stages.flatMap(downloads).map((file) => [JSON.stringify(file), file]));
  if (files.size === 0) return;
  const { download } = await import('../engine/store/download.ts');
  const { isInPackage } = await import('../engine/store/package-file.ts');
  const fetched = [...files.values()].filter((file) => !isInPackage(file));
  await Promise.allSettled(
    fetched.map((file) => download(workspace.store.local.folder, file, workspace.env)),
  );
}

async function submitNext(
  place: PlaceSpec,
  after: readonly string[],
  next: Omit<Step, 'jobs' | 'place'>,
  { workspace, command, step, warn }: PlaceOptions,
): Promise<void> {
  if (step !== undefined && isTaken(step)) return; // somebody cancelled it
  if (command === undefined) throw new Error('Internal error: no command takes the next step');
  const { name, script, argv, cwd } = command;
  try {
    const job = await submitStep(next, place, {
      scheduler: place.scheduler.open(workspace.env),
      workspace,
      after,
      warn,
      command: { node: process.execPath, words: [script, ...argv], cwd },
    });
    warn(
      `Detached: job ${job} takes the next step on ${place.name}. \`${name} jobs\` lists what is under way.`,
    );
  } catch (error) {
    if (!(error instanceof SubmitError)) throw error;
    const where =
      step === undefined
        ? ''
        : ' from a node; where nodes may not submit jobs, run without --detach in one long job';
    warn(
      `The next step could not be submitted${where}: ${error.message}. Run the same command again.`,
    );
  }
}

/**
 * The digest of a pipeline's YAML files, by which a step notices that they have changed since the
 * run was detached.
 */
export const digestOfFiles = (files: readonly string[]): Digest =>
  sha256(files.map((file) => `${file}\0${sha256(readFileSync(file))}\n`).join(''));

function clusterPlace(
  place: PlaceSpec,
  { host, jobs, cancellation, step, ...options }: PlaceOptions,
): ClusterPlace {
  return new ClusterPlace({
    ...options,
    place,
    scheduler: place.scheduler.open(options.workspace.env),
    software: { restage: host.restage, build: buildDigest(), gitCommit: host.gitCommit },
    buildNow: buildDigest,
    most: Math.min(place.maxJobs, jobs ?? place.maxJobs),
    commandFor: (folder) => jobCommand(folder),
    patience: patienceFrom(options.workspace.env[ownVariables.patience]),
    isStep: step !== undefined,
    signal: cancellation.signal,
    kill: cancellation.kill,
    grace: () => cancellation.grace,
  });
}

function hostsPlace(
  place: HostsSpec,
  { host, jobs, cancellation, run, ...options }: PlaceOptions,
): HostsPlace {
  const { silence, cancel } = patienceFrom(options.workspace.env[ownVariables.patience]);
  return new HostsPlace({
    ...options,
    place,
    run,
    software: { restage: host.restage, build: buildDigest(), gitCommit: host.gitCommit },
    buildNow: buildDigest,
    most: Math.min(place.maxJobs, jobs ?? place.maxJobs),
    silence,
    patience: cancel,
    signal: cancellation.signal,
    kill: cancellation.kill,
  });
}

/** Tests shorten the times: `silence=2000,cancel=5000,ask=500`, in milliseconds. */
function patienceFrom(text = '') {
  const given = text.split(',').map((part) => part.split('=') as [string, string]);
  return {
    ...usualPatience,
    ...Object.fromEntries(given.map(([name, value]) => [name, Number(value)])),
  };
}
