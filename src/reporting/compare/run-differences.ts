import { stringify } from 'yaml';
import type { Digest } from '../../digest.ts';
import { readableAs } from '../../engine/files/readable-as.ts';
import type { RunRecord } from '../../engine/store/runs/run-record.ts';
import type { StageResult } from '../../engine/store/stage-result.ts';
import { type DiffLine, diffLines } from './line-differences.ts';

/** A run with the results of its stages, as far as the store has them. */
export interface DescribedRun {
  readonly record: RunRecord;
  readonly results: ReadonlyMap<string, StageResult>;
}

/** A fact of two runs: its name, and its value in each. */
type FactOfTwo = readonly [name: string, first: string, second: string];

/** In what two runs differ besides their numbers. */
export interface RunDifferences {
  /** The stages as YAML, with what was not at its default. */
  readonly yaml: readonly DiffLine[];
  /** Stages whose kind or program has another version. */
  readonly code: readonly FactOfTwo[];
  /** Versions of software, machines, cores. */
  readonly machine: readonly FactOfTwo[];
  /** The commits of the project that the runs stood on, where these differ. */
  readonly commits: readonly [first: string, second: string] | undefined;
}

export function runDifferences(first: DescribedRun, second: DescribedRun): RunDifferences {
  const stages = [...first.results.keys()].filter((stage) => second.results.has(stage));
  const of = (stage: string) => [first.results.get(stage)!, second.results.get(stage)!] as const;
  const commits = [first.record.gitCommit, second.record.gitCommit];
  return {
    yaml: diffLines(yamlLines(first), yamlLines(second)),
    code: stages.flatMap((stage) => {
      const [one, other] = of(stage).map(({ fingerprint: { kind, version } }) => {
        return `${kind} ${String(version).slice(0, 10)}`;
      });
      return one === other ? [] : [[stage, one!, other!] as const];
    }),
    machine: differingFacts(machineFacts(first), machineFacts(second)),
    commits:
      commits[0] !== undefined && commits[1] !== undefined && commits[0] !== commits[1]
        ? [commits[0], commits[1]]
        : undefined,
  };
}

/** The stages of a run as YAML: kind, what it reads, and settings that are not at their default. */
function yamlLines({ results }: DescribedRun): readonly string[] {
  const makers = new Map<Digest, string>();
  for (const [stage, { outputs }] of results)
    for (const [port, artifact] of Object.entries(outputs))
      for (const digest of readableAs(artifact))
        if (!makers.has(digest)) makers.set(digest, `${stage}.${port}`);
  const stages = [...results].map(([stage, { fingerprint }]) => {
    const { kind, settings, inputs } = fingerprint;
    const reads = Object.entries(inputs).map(([port, items]) => [
      port,
      items.map(({ digest, name }) => {
        return makers.get(digest) ?? name ?? `content ${digest.slice(0, 10)}`;
      }),
    ]);
    const described = {
      kind,
      ...(reads.length > 0 && { inputs: Object.fromEntries(reads) }),
      ...(Object.keys(settings).length > 0 && { with: settings }),
    };
    return [stage, described] as const;
  });
  return stringify({ stages: Object.fromEntries(stages) }, { lineWidth: 0 })
    .trimEnd()
    .split('\n');
}

/** Facts that all stages of a run share as one value; several where they differ. */
function machineFacts({ record, results }: DescribedRun): ReadonlyMap<string, string> {
  const facts = new Map<string, Set<string>>([['Restage', new Set([record.restage])]]);
  const add = (name: string, value: string | number | undefined) => {
    if (value === undefined) return;
    facts.set(name, (facts.get(name) ?? new Set()).add(String(value)));
  };
  for (const { record, fingerprint } of results.values()) {
    add('Node', record.node);
    add('machine', record.host);
    add('cores of a stage', record.cpus);
    add('graphics cards of a stage', record.gpus);
    add('backend', fingerprint.backend);
    for (const [name, version] of Object.entries(record.software ?? {})) add(name, version);
  }
  return new Map(Array.from(facts, ([name, values]) => [name, [...values].sort().join(', ')]));
}

function differingFacts(
  first: ReadonlyMap<string, string>,
  second: ReadonlyMap<string, string>,
): readonly FactOfTwo[] {
  const names = new Set([...first.keys(), ...second.keys()]);
  return [...names].flatMap((name) => {
    const one = first.get(name) ?? '–';
    const other = second.get(name) ?? '–';
    return one === other ? [] : [[name, one, other] as const];
  });
}
