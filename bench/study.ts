/**
 * Runs the default study in a new folder with an empty cache. Prints its time, and that of its
 * stages by kind.
 *   npm run build && node --import tsx bench/study.ts
 */
import { cpSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { RunRecord } from '../src/engine/store/runs/run-record.ts';
import type { StageResult } from '../src/engine/store/stage-result.ts';
import { inRepository } from '../test/support/pages.ts';
import { time } from './runner/interleave.ts';
import { Folder, pipeline } from './runner/project.ts';

using project = new Folder();
cpSync(inRepository('pipelines'), join(project.path, 'pipelines'), { recursive: true });
// Weights that a package brings.
symlinkSync(inRepository('node_modules'), join(project.path, 'node_modules'));
const argv = [process.execPath, pipeline, 'run', 'study.yaml'];
const seconds = time({ name: 'study', argv, cwd: project.path });
const read = <T>(path: string): T =>
  JSON.parse(readFileSync(join(project.path, 'cache', path), 'utf8')) as T;
const [run] = readdirSync(join(project.path, 'cache/runs'));
const stages = Object.values(read<RunRecord>(`runs/${run}/run.json`).stages);
console.log(`The default study: ${stages.length} stages in ${seconds.toFixed(0)} s\n`);
const kinds = new Map<string, number[]>();
for (const { result, seconds = 0 } of stages) {
  const { fingerprint } = read<StageResult>(`results/${result!.slice(0, 2)}/${result}.json`);
  kinds.set(fingerprint.kind, [...(kinds.get(fingerprint.kind) ?? []), seconds]);
}
const sum = (all: readonly number[]): number => all.reduce((total, seconds) => total + seconds, 0);
for (const [kind, all] of [...kinds].sort(([, a], [, b]) => sum(b) - sum(a))) {
  console.log(
    `  ${kind.padEnd(14)} ${String(all.length).padStart(3)} stages ${sum(all).toFixed(1).padStart(7)} s`,
  );
}
