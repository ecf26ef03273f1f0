import { chmodSync, mkdirSync } from 'node:fs';
import { Project } from './rig.ts';
import type { Slurm } from './slurm.ts';
import { until } from './until.ts';

/** Seconds instead of minutes until a silent job counts as dead. */
const patience = 'silence=12000,cancel=15000,ask=1000';

/** A pipeline of one stage, which counts its runs and waits at a gate. */
export const waiting = `stages:
  slow:
    kind: command
    with: { run: 'echo run >> count; echo begun; read _ < gate; echo done > \${outputs.out}' }
    outputs: { out: artifacts/slow.txt }
`;

/** What a project on a private Slurm has of its own. */
export interface SlurmProjectOptions {
  /** Further keys of the place, each behind a comma. */
  readonly settings?: string;
  /** `maxJobs` of the place. */
  readonly most?: number;
  readonly files?: Readonly<Record<string, string>>;
  /** The name of its folder. */
  readonly name?: string;
}

/** A project with that Slurm as its place `cluster`. */
export function slurmProject(
  slurm: Slurm,
  yaml: string,
  { settings = '', most = 4, files = {}, name = '.' }: SlurmProjectOptions = {},
): Project {
  const places = `cluster: { engine: slurm, memory: { default: 200MiB, most: 800MiB }, maxJobs: ${most}${settings} }\n`;
  const project = new Project(yaml, { 'places.yaml': places, ...files }, name);
  Object.assign(project.env, slurm.env, { RESTAGE_PATIENCE: patience });
  return project;
}

/** Puts a script in front of one of Slurm's commands; `$real` is that command. */
export function wrapCommand(slurm: Slurm, project: Project, command: string, script: string): void {
  mkdirSync(project.path('bin'), { recursive: true });
  const real = slurm.which(command);
  project.write(`bin/${command}`, `#!/bin/sh\nreal=${real}\n${script}\n`);
  chmodSync(project.path('bin', command), 0o755);
  project.env['PATH'] = `${project.path('bin')}:${slurm.env['PATH']}`;
}

/** The process number of the first worker of a project, once there is one. */
export async function workerOf(slurm: Slurm, project: Project): Promise<number> {
  const pids = () => slurm.processes(project.path('cache/jobs'));
  await until(() => pids().length > 0);
  return pids()[0]!;
}
