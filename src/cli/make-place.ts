import { fileURLToPath } from 'node:url';
import type { Stage } from '../engine/config/pipeline.ts';
import { type PlaceSpec, type Places, placeOf } from '../engine/config/places.ts';
import type { HostFacts } from '../engine/execution/execution.ts';
import type { Place } from '../engine/execution/place.ts';
import { usualPatience } from '../engine/places/batch-watch.ts';
import { ClusterPlace } from '../engine/places/cluster-place.ts';
import { routedPlace } from '../engine/places/routed-place.ts';
import type { Scheduler } from '../engine/places/scheduler.ts';
import { slurm } from '../engine/places/slurm.ts';
import { templateScheduler } from '../engine/places/template-scheduler.ts';
import type { World } from '../engine/plan/examine.ts';
import type { Interrupts } from './interrupts.ts';
import { buildDigest } from './package-info.ts';

export interface PlaceOptions {
  readonly places: Places;
  readonly on: string | undefined;
  readonly detach: boolean;
  readonly world: World;
  readonly run: string;
  readonly host: HostFacts;
  readonly modules: ReadonlyMap<string, string>;
  readonly jobs: number | undefined;
  readonly interrupts: Interrupts;
  readonly warn: (message: string) => void;
}

export function schedulerOf(place: PlaceSpec): Scheduler {
  return place.template === undefined ? slurm(place) : templateScheduler(place.template);
}

/** This machine together with the places of `places.yaml` that the stages name. */
export function makePlace(local: Place, stages: readonly Stage[], options: PlaceOptions): Place {
  const { places, on } = options;
  const specs = new Set(stages.flatMap((stage) => placeOf(stage, places, on) ?? []));
  if (specs.size === 0) return local;
  const clusters = new Map([...specs].map((spec) => [spec, clusterPlace(spec, options)]));
  const { interrupts } = options;
  interrupts.detaches = true;
  return routedPlace([local, ...clusters.values()], (stage) => clusters.get(placeOf(stage, places, on)!) ?? local);
}

function clusterPlace(place: PlaceSpec, { host, jobs, interrupts, ...options }: PlaceOptions): ClusterPlace {
  const script = fileURLToPath(new URL('./job-main.js', import.meta.url));
  return new ClusterPlace({
    ...options,
    place,
    scheduler: schedulerOf(place),
    software: { restage: host.restage, build: buildDigest(), gitCommit: host.gitCommit },
    most: Math.min(place.maxJobs, jobs ?? place.maxJobs),
    environment: process.env,
    commandFor: (folder) => ({ node: process.execPath, words: [script, folder] }),
    patience: patienceFrom(process.env['RESTAGE_PATIENCE']),
    failures: new Map(),
    signal: interrupts.signal,
    kill: interrupts.kill,
    grace: () => interrupts.grace,
  });
}

/** Tests shorten the times: `silence=2000,cancel=5000,ask=500`, in milliseconds. */
function patienceFrom(text = '') {
  const given = text.split(',').map((part) => part.split('=') as [string, string]);
  return { ...usualPatience, ...Object.fromEntries(given.map(([name, value]) => [name, Number(value)])) };
}
