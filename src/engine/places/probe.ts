import { statfsSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Environment } from '../../environment.ts';
import { machineCapacity } from '../execution/machine-capacity.ts';
import { readJson, writeJson } from '../files/write-atomic.ts';

const reportFile = (folder: string): string => join(folder, 'report.json');

/** Facts about a node, in bytes and milliseconds since the epoch. */
export type NodeFacts = ReturnType<typeof lookAround>;

function lookAround(restage: string, env: Environment) {
  const scratch = tmpdir();
  const { bavail, bsize } = statfsSync(scratch);
  const { cpu: cores, gpu: gpus } = machineCapacity(env);
  const machine = {
    host: hostname(),
    node: process.version,
    restage,
    time: Date.now(),
    cores,
    gpus,
  };
  return { ...machine, scratch, scratchBytes: bavail * bsize };
}

export const answerProbe = (folder: string, restage: string, env: Environment): void =>
  writeJson(reportFile(folder), lookAround(restage, env));

export const readAnswer = (folder: string) => readJson<NodeFacts>(reportFile(folder));
