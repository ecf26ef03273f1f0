import { type Folder, pipelineText } from './project.ts';

/**
 * One step of a small project, for any tool. Its command writes a checksum of all that it reads.
 */
export interface Step {
  readonly name: string;
  /** Files, and folders of which every file is read. */
  readonly reads: readonly { readonly path: string; readonly isFolder: boolean }[];
  /** Steps whose outputs are read. */
  readonly after: readonly string[];
  /** Whether it reads the project's only setting. */
  readonly hasSetting: boolean;
}

/**
 * A chain of steps. Each reads a folder of its own and what the step before it left; the middle one
 * a large file, too.
 */
export function chain(steps: number): readonly Step[] {
  return Array.from({ length: steps }, (_, i) => ({
    name: `s${i}`,
    reads: [
      { path: `data/${i}`, isFolder: true },
      ...(i === middle(steps) ? [{ path: 'data/weights.bin', isFolder: false }] : []),
    ],
    after: i > 0 ? [`s${i - 1}`] : [],
    hasSetting: i === middle(steps),
  }));
}

/**
 * Steps that know nothing of each other and read one small file, and a last one that reads all of
 * them.
 */
export function fan(steps: number): readonly Step[] {
  const leaves = Array.from({ length: steps - 1 }, (_, i) => ({
    name: `s${i}`,
    reads: [{ path: 'data/word.txt', isFolder: false }],
    after: [],
    hasSetting: i === middle(steps),
  }));
  return [
    ...leaves,
    { name: `s${steps - 1}`, reads: [], after: leaves.map(({ name }) => name), hasSetting: false },
  ];
}

export const middle = (steps: number): number => Math.floor(steps / 2);

/**
 * The command of a step, the same for every tool. It notes that it ran in the file that the
 * variable `RAN` names, which no tool looks at.
 */
function command(name: string, setting: string, inputs: string, output: string): string {
  return `echo ${name} >> "$RAN"; (echo ${setting}; cat ${inputs}) | sha256sum > ${output}`;
}

const outputOf = (name: string): string => `out/${name}.txt`;

/** The files that a step reads, as someone would write them by hand in a shell script. */
const inputsOf = ({ reads, after }: Step): string =>
  [
    ...reads.map(({ path, isFolder }) => (isFolder ? `${path}/*` : path)),
    ...after.map(outputOf),
  ].join(' ');

/**
 * The file in which a tool's users keep settings, and its text for a value of the project's
 * setting.
 */
export interface SettingFile {
  readonly name: string;
  readonly text: (value: number) => string;
}

/** A shell script that runs everything, in order. */
export function writeScript(folder: Folder, steps: readonly Step[]): SettingFile {
  const lines = steps.map((step) =>
    command(step.name, step.hasSetting ? '$gain' : '-', inputsOf(step), outputOf(step.name)),
  );
  folder.write('run.sh', ['set -e', '. ./settings.sh', 'mkdir -p out', ...lines, ''].join('\n'));
  return { name: 'settings.sh', text: (value) => `gain=${value}\n` };
}

/** Restage: the stages are the steps; the setting is a parameter of the pipeline. */
export function writeRestage(_: Folder, steps: readonly Step[]): SettingFile {
  const stages = steps.map(({ name, reads, after, hasSetting }) => {
    const named = reads.map(({ path, isFolder }, i) => ({ port: `r${i}`, path, isFolder }));
    const ports = [
      ...named.map(({ port, path }) => `${port}: ${path}`),
      ...(after.length > 0 ? [`before: [${after.map((step) => `${step}.out`).join(', ')}]`] : []),
    ];
    const inputs = [
      ...named.map(({ port, isFolder }) => `\${inputs.${port}}${isFolder ? '/*' : ''}`),
      ...(after.length > 0 ? ['${inputs.before}'] : []),
    ].join(' ');
    const run = command(name, hasSetting ? '${params.gain}' : '-', inputs, '${outputs.out}');
    const out = `out: { path: ${outputOf(name)} }`;
    return `{ kind: command, inputs: { ${ports.join(', ')} }, outputs: { ${out} }, with: { run: ${quoted(run)} } }`;
  });
  return {
    name: 'pipelines/bench.yaml',
    text: (value) => `params: { gain: ${value} }\n${pipelineText(stages)}`,
  };
}

/**
 * Snakemake: rules with a wildcard, every input file named, settings from a config file through
 * `params`, so that a change of them counts. `cache: True` says that a rule may use the cache
 * between workflows; it does with `--cache`.
 */
export function writeSnakemake(folder: Folder, steps: readonly Step[]): SettingFile {
  const isChain = steps[0]!.reads[0]!.isFolder;
  const last = steps.length - 1;
  const run = (inputs: string) =>
    quoted(command('{params.name}', '{params.gain}', inputs, '{output}'));
  const shared = `
    params:
        name=lambda wildcards: "s" + wildcards.i,
        gain=lambda wildcards: config["gain"] if wildcards.i == "${middle(steps.length)}" else "-",
    cache: True`;
  const chained = `
rule step:
    input:
        images=lambda wildcards: sorted(glob("data/" + wildcards.i + "/*")),
        weights=lambda wildcards: ["data/weights.bin"] if wildcards.i == "${middle(steps.length)}" else [],
        before=lambda wildcards: [f"out/s{int(wildcards.i) - 1}.txt"] if wildcards.i != "0" else [],
    output:
        "out/s{i}.txt",${shared}
    shell:
        ${run('{input}')}
`;
  const fanned = `
rule step:
    input:
        "data/word.txt",
    output:
        "out/s{i}.txt",
    wildcard_constraints:
        i="|".join(str(i) for i in range(${last})),${shared}
    shell:
        ${run('{input}')}

rule last:
    input:
        [f"out/s{i}.txt" for i in range(${last})],
    output:
        "out/s${last}.txt",
    cache: True
    shell:
        ${quoted(command(`s${last}`, '-', '{input}', '{output}'))}
`;
  const head = `from glob import glob

configfile: "config.yaml"

rule all:
    input:
        "out/s${last}.txt",
`;
  folder.write('Snakefile', head + (isChain ? chained : fanned));
  return { name: 'config.yaml', text: (value) => `gain: ${value}\n` };
}

/**
 * DVC: stages in dvc.yaml, settings in params.yaml, in a Git repository. Without its usage
 * statistics, which take time.
 */
export function writeDvc(folder: Folder, steps: readonly Step[]): SettingFile {
  const stages = steps.map((step) => {
    const deps = [...step.reads.map(({ path }) => path), ...step.after.map(outputOf)];
    return [
      `  ${step.name}:`,
      `    cmd: ${quoted(command(step.name, step.hasSetting ? '${gain}' : '-', inputsOf(step), outputOf(step.name)))}`,
      `    deps: [${deps.join(', ')}]`,
      ...(step.hasSetting ? ['    params: [gain]'] : []),
      `    outs: [${outputOf(step.name)}]`,
    ].join('\n');
  });
  folder.write('dvc.yaml', `stages:\n${stages.join('\n')}\n`);
  folder.write('out/.keep', ''); // the commands do not make the folder
  folder.run('git', 'init', '-q');
  folder.run('dvc', 'init', '-q');
  folder.run('dvc', 'config', 'core.analytics', 'false');
  folder.run('dvc', 'config', 'core.check_update', 'false');
  return { name: 'params.yaml', text: (value) => `gain: ${value}\n` };
}

/** A JSON string, which YAML and Python read the same. */
const quoted = (text: string): string => JSON.stringify(text);
