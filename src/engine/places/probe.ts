import { mkdirSync, statfsSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { PlaceSpec } from '../config/places.ts';
import { machineCapacity } from '../execution/admission.ts';
import { readJson, writeJson } from '../files/write-atomic.ts';
import { jobScript, type NodeCommand } from './job-script.ts';
import type { Scheduler } from './scheduler.ts';

/** What a node tells of itself. Bytes, and milliseconds since the epoch. */
export interface ProbeReport {
  readonly host: string;
  readonly node: string;
  readonly restage: string;
  readonly time: number;
  readonly scratch: string;
  readonly scratchBytes: number;
  readonly cores: number;
  readonly gpus: number;
}

/** On a node: writes what it sees into the folder of the probe. */
export function answerProbe(folder: string, restage: string): void {
  const { bavail, bsize } = statfsSync(tmpdir());
  const { cpu, gpu } = machineCapacity();
  const report: ProbeReport = {
    ...{ host: hostname(), node: process.version, restage, time: Date.now(), cores: cpu, gpus: gpu },
    ...{ scratch: tmpdir(), scratchBytes: bavail * bsize },
  };
  writeJson(join(folder, 'report.json'), report);
}

/** A probe; without a report, its node has not answered. */
export interface Probed {
  readonly job: string;
  readonly folder: string;
  readonly report?: ProbeReport;
  /** When the report was seen here. */
  readonly seenAt?: number;
}

/**
 * Submits a job that tells of its node. `commandFor` names the program for a folder. Waits for its report
 * for `patience` milliseconds. Throws a `SubmitError`.
 */
export async function probe(
  place: PlaceSpec,
  scheduler: Scheduler,
  options: { cache: string; root: string; commandFor: (folder: string) => NodeCommand; patience: number },
): Promise<Probed> {
  const { cache, root, commandFor, patience } = options;
  const name = `probe-${Date.now()}`;
  const folder = join(cache, 'jobs', name);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const needs = { cpu: 1, gpu: place.gpu, memory: place.memory.default };
  const script = join(folder, 'script.sh');
  const text = jobScript(place, commandFor(folder), { root, memory: needs.memory, environment: process.env });
  writeFileSync(script, text, { mode: 0o700 });
  const log = join(folder, 'output');
  const job = await scheduler.submit({ name: `restage-${name}`, script, root, log, needs, seconds: 300, workers: 1 });
  for (let left = patience; left > 0; left -= 250) {
    const report = readJson<ProbeReport>(join(folder, 'report.json'));
    if (report !== undefined) return { job, folder, report, seenAt: Date.now() };
    await delay(250);
  }
  return { job, folder };
}
