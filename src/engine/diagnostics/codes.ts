/**
 * What `docs/diagnostics.md` or `docs/project-mistakes.md` says of one code; `npm run reference`
 * writes their tables. A code is stable, since people search for it, and nothing is decided by its
 * letters.
 */
export interface CodeRow {
  /** What it means, as a sentence. */
  readonly means: string;
  /** What to do, as a sentence. */
  readonly advice: string;
  /**
   * `warning`: it stops nothing. A mistake stops the command, unless it concerns only what nobody
   * uses, such as a broken kind.
   */
  readonly severity: 'mistake' | 'warning';
}

/** Infers the union of the codes, and forgets the texts of their rows. */
const table = <Code extends string>(rows: Readonly<Record<Code, CodeRow>>) => rows;

/** Mistakes in a pipeline's file. In alphabetical order. */
export const fileCodes = table({
  'alias-bomb': {
    means: 'Aliases or parameters expand to far more values than a real file holds.',
    advice: 'Repeat fewer aliases, or pass the data as a file.',
    severity: 'mistake',
  },
  'axis-mismatch': {
    means: "A stage's axis has other values than an axis of the same name that it inherits.",
    advice: 'Give both the same values, rename one, or select a value: `stage[axis=value].port`.',
    severity: 'mistake',
  },
  cycle: {
    means: 'Stages need each other in a circle.',
    advice: 'Remove one of the edges that the message lists.',
    severity: 'mistake',
  },
  'duplicate-key': {
    means: 'A map has a key twice.',
    advice: 'Remove or rename one of them.',
    severity: 'mistake',
  },
  'duplicate-value': {
    means: 'An axis has a value twice.',
    advice: 'Remove one of them.',
    severity: 'mistake',
  },
  'empty-glob': {
    means: 'A pattern matches no file.',
    advice: "Correct the pattern; it is relative to the project's root.",
    severity: 'mistake',
  },
  'empty-list': {
    means: 'The list of an input is empty.',
    advice: 'Name at least one artifact, or leave the input out if it is optional.',
    severity: 'mistake',
  },
  'file-cycle': {
    means: 'Files extend or include each other in a circle.',
    advice: 'Remove one of the references.',
    severity: 'mistake',
  },
  'idle-axis': {
    means: 'All values of an axis give the same work.',
    advice: 'Use the axis under `with`, `inputs` or `env`, or remove it.',
    severity: 'mistake',
  },
  'input-in-output': {
    means: 'An input names a path that a stage publishes.',
    advice: 'Read it as `stage.port`, so that the stage runs first.',
    severity: 'mistake',
  },
  'list-to-single': {
    means: 'A list is given to an input that takes one artifact.',
    advice: 'Name one artifact.',
    severity: 'mistake',
  },
  'many-to-single': {
    means: 'An input that takes one artifact gets several.',
    advice: 'Select one: `stage[axis=value].port`.',
    severity: 'mistake',
  },
  'missing-file': {
    means: 'A file, folder or package does not exist.',
    advice: 'Correct the path, or create the file.',
    severity: 'mistake',
  },
  'missing-key': {
    means: 'A required key is missing.',
    advice: 'Add it.',
    severity: 'mistake',
  },
  'missing-port': {
    means: 'A stage lacks an input that its kind requires.',
    advice: 'Connect it under `inputs`.',
    severity: 'mistake',
  },
  'no-stages': {
    means: 'A pipeline has no stages.',
    advice: 'Add a map `stages`.',
    severity: 'mistake',
  },
  'not-a-file': {
    means: 'A path leads to a folder, pipe or device where a file is expected.',
    advice: 'Name a file.',
    severity: 'mistake',
  },
  'not-text': {
    means: 'A file or a name is not UTF-8 text.',
    advice: 'Convert the file, or rename it.',
    severity: 'mistake',
  },
  'output-claimed': {
    means: 'Something would be written where another pipeline or stage publishes.',
    advice: 'Choose another path.',
    severity: 'mistake',
  },
  'output-inside': {
    means: 'An output lies inside another output or inside an input.',
    advice: 'Publish it elsewhere.',
    severity: 'mistake',
  },
  'output-twice': {
    means: 'Two outputs are published at the same path.',
    advice:
      'Give each its own path. In a matrix, leave the path out, or put `${matrix.…}` into it.',
    severity: 'mistake',
  },
  'param-cycle': {
    means: 'Parameters refer to each other in a circle.',
    advice: 'Give one of them a value.',
    severity: 'mistake',
  },
  'sealed-input': {
    means: 'A stage would read a sealed split, which only stages that measure a model may.',
    advice:
      'Give it other splits, or break the seal with `restage unseal`, which ledger.jsonl then says.',
    severity: 'mistake',
  },
  'too-deep': {
    means:
      'Lists and maps are nested too deep, or parameters refer to each other in too long a chain.',
    advice: 'Make the structure flatter.',
    severity: 'mistake',
  },
  'too-large': {
    means: 'A file, a text or a graph exceeds the limit.',
    advice: 'Split it; the message gives the limit.',
    severity: 'mistake',
  },
  'too-many-stages': {
    means: 'A matrix or a pipeline makes too many stages.',
    advice: 'Remove values, or split the pipeline.',
    severity: 'mistake',
  },
  'type-mismatch': {
    means:
      'An input gets an artifact of another type, or an output declares another type than it has.',
    advice: "Connect another port, or declare the type of a `command`'s output.",
    severity: 'mistake',
  },
  'uncomputed-text': {
    means: 'A text reads as a calculation, which only `${ }` computes.',
    advice: 'Write the whole calculation inside `${ }`.',
    severity: 'warning',
  },
  'unfit-value': {
    means: 'A value cannot be quoted safely where it stands in a shell text.',
    advice: 'Do as the hint says: usually pass it as an argument or a variable.',
    severity: 'mistake',
  },
  'unknown-axis': {
    means: 'A stage has no such axis, or the axis no such value.',
    advice: 'Use one of those that the hint lists.',
    severity: 'mistake',
  },
  'unknown-key': {
    means: 'A map has an unknown key.',
    advice: 'Correct its name; `restage kinds <kind>` lists the settings.',
    severity: 'mistake',
  },
  'unknown-kind': {
    means: 'There is no kind of this name.',
    advice: 'Correct its name; `restage kinds` lists all.',
    severity: 'mistake',
  },
  'unknown-model': {
    means: 'There is no network of this name.',
    advice: 'Correct its name; `restage model` lists all.',
    severity: 'mistake',
  },
  'unknown-param': {
    means: 'A parameter, or a key inside one, does not exist.',
    advice: 'Correct its name, or declare it under `params`.',
    severity: 'mistake',
  },
  'unknown-port': {
    means: 'A stage or its kind has no such input or output.',
    advice: 'Use one of those that the hint lists.',
    severity: 'mistake',
  },
  'unknown-stage': {
    means: 'There is no stage of this name.',
    advice: 'Correct its name.',
    severity: 'mistake',
  },
  'unknown-variable': {
    means: '`${…}` begins with something other than `params.` or `matrix.`.',
    advice: 'Correct it, or write `$${` for a literal `${`.',
    severity: 'mistake',
  },
  'unlisted-file': {
    means:
      'A command names a file of the project that is not among its inputs: editing it will not rerun the stage.',
    advice: 'Add it under `inputs`.',
    severity: 'warning',
  },
  'unread-param': {
    means: 'No stage reads the parameter.',
    advice: 'Use it or remove it.',
    severity: 'warning',
  },
  unreadable: {
    means: 'A file or folder cannot be read.',
    advice: 'Change its permissions, or name another.',
    severity: 'mistake',
  },
  'unusable-file': {
    means: 'A file cannot serve the stage that reads it, by what it holds.',
    advice: 'Do as the message says.',
    severity: 'mistake',
  },
  'wrong-expression': {
    means:
      'What stands in `${ }` cannot be read, or has no value: a division by zero, a text minus a number.',
    advice: 'Correct it where the message points; docs/yaml.md lists what an expression may hold.',
    severity: 'mistake',
  },
  'wrong-name': {
    means:
      'A stage, port, axis, pipeline or matrix value has a name with characters that are not allowed.',
    advice: 'Use letters, digits, `_` and `-`.',
    severity: 'mistake',
  },
  'wrong-reference': {
    means: 'A text is neither `stage.port` nor a path.',
    advice: 'A path has a `/`: write `./name` for a file in the root.',
    severity: 'mistake',
  },
  'wrong-settings': {
    means: 'Settings contradict each other or the connected inputs.',
    advice: 'Do as the message says.',
    severity: 'mistake',
  },
  'wrong-size': {
    means: 'A network cannot take images of this size.',
    advice: 'Choose another size.',
    severity: 'mistake',
  },
  'wrong-target': {
    means:
      'No output may be published at this path: outside the project, in `cache/`, `pipelines/`, `stages/`, `node_modules/` or a `.git`, at a hidden name in the root, or at settings such as `package.json`.',
    advice: 'Publish it below `artifacts/`.',
    severity: 'mistake',
  },
  'wrong-type': {
    means: 'A value has the wrong type.',
    advice: 'Write what the message expects.',
    severity: 'mistake',
  },
  'wrong-value': {
    means: 'A value is outside the allowed range or choices.',
    advice: 'Write what the message expects.',
    severity: 'mistake',
  },
  yaml: {
    means: 'The text is not valid YAML, or uses a part of YAML that is not supported.',
    advice: 'Do as the hint says; often a text needs quotes.',
    severity: 'mistake',
  },
});

/** Mistakes of commands, kinds, programs and places. In alphabetical order. */
export const projectCodes = table({
  'broken-kind': {
    means: "A kind in the project's `stages/` could not be loaded.",
    advice: 'Fix its code; the message says where it fails.',
    severity: 'mistake',
  },
  'broken-program': {
    means:
      'A program cannot be read for what it imports, because of a mistake in its code, or is not installed.',
    advice:
      'Fix the line that the message names, or install the program: Python 3.10 or newer, or ffmpeg.',
    severity: 'mistake',
  },
  'broken-scheduler': {
    means: 'A scheduler of your own, named by `engine` in `places.yaml`, could not be loaded.',
    advice: 'Fix its code; the message says what is wrong.',
    severity: 'mistake',
  },
  'never-ran': {
    means: 'A pipeline has no results to compare.',
    advice: 'Run it first.',
    severity: 'mistake',
  },
  'no-classes': {
    means: '`--classes` is given for a network whose layers the file writes out.',
    advice: 'Leave `--classes` out.',
    severity: 'mistake',
  },
  'no-file': {
    means: 'No pipeline was named, and there are none or several.',
    advice: 'Name a file below `pipelines/`.',
    severity: 'mistake',
  },
  'no-image': {
    means: 'A path leads to no image.',
    advice: 'Name an image file.',
    severity: 'mistake',
  },
  'no-model': {
    means: 'A path, stage or file holds no model that can be used here.',
    advice: 'Name a stage that trains or loads a model, or run it first.',
    severity: 'mistake',
  },
  'no-project': {
    means: 'There is no folder `pipelines/` here or above.',
    advice: 'Start a project: `restage init`.',
    severity: 'mistake',
  },
  'no-store': {
    means:
      'The project has no shared store, the store lacks what is asked for, or a key is not trusted or its name taken.',
    advice:
      '`restage store init` makes one; `restage store status` shows what is there, `restage store keys` whom it trusts.',
    severity: 'mistake',
  },
  'not-portable': {
    means: 'A stage for machines without the project folder reads what it does not declare.',
    advice: 'Declare the files under `inputs`, or run the stage on this machine.',
    severity: 'mistake',
  },
  'one-stage': {
    means: 'A command takes one stage, and several match or none is named.',
    advice: 'Name one, as the hint says.',
    severity: 'mistake',
  },
  'replaced-kind': {
    means: 'A kind of the project has the name of a built-in kind, and is used instead.',
    advice: 'Rename it unless this is intended.',
    severity: 'warning',
  },
  'several-files': {
    means: 'A command takes one pipeline and got two.',
    advice: 'Run one after the other, or `include` both in a third file.',
    severity: 'mistake',
  },
  'several-models': {
    means: 'Several stages have a model.',
    advice: 'Name one of the stages that the message lists.',
    severity: 'mistake',
  },
  'several-runs': {
    means: 'A shortened run id matches several runs.',
    advice: 'Give more of the id; `restage history` lists all.',
    severity: 'mistake',
  },
  'spec-effect': {
    means:
      "The spec of a project's own kind prints, listens to the process, starts a timer or keeps something open. Restage undoes that.",
    advice: 'Move it to `run.ts`: a spec only describes its kind.',
    severity: 'warning',
  },
  'too-many-gpus': {
    means: 'A stage asks for more graphics cards than its place has.',
    advice: 'Ask for fewer, choose another place, or declare the cards in `places.yaml`.',
    severity: 'mistake',
  },
  'too-many-nodes': {
    means: 'A stage asks for more nodes than its place gives.',
    advice: 'Ask for fewer, choose another place, or set `nodes` of the place in `places.yaml`.',
    severity: 'mistake',
  },
  'unkeyed-import': {
    means:
      'A kind of the project computes the name of a module that it imports, or a program in Python finds code in a way that only running it can tell. The message says what does not count.',
    advice: 'Write the name out, or declare the file under `inputs`.',
    severity: 'warning',
  },
  'unkeyed-place': {
    means:
      "A kind's code depends on its own location: editing files that it finds from there will not rerun its stages.",
    advice: 'Import those files, or make them inputs.',
    severity: 'warning',
  },
  'unknown-name': {
    means: 'There is no such metric or stage in the history.',
    advice: 'Use one of those that the hint lists.',
    severity: 'mistake',
  },
  'unknown-place': {
    means: 'A stage or `--on` names a place that `places.yaml` does not have.',
    advice: 'Correct the name, or declare the place.',
    severity: 'mistake',
  },
  'unknown-run': {
    means: 'There is no run with this id.',
    advice: '`restage history` lists all.',
    severity: 'mistake',
  },
  'unknown-subject': {
    means: 'A word names no run, pipeline or stage to compare.',
    advice: 'Name one of them.',
    severity: 'mistake',
  },
  'wrong-set': {
    means:
      '`--set` has neither the form `params.<name>=<value>` nor `<stage>.<setting>=<value>`, or sets something inside a value that is no map; `--axis` likewise.',
    advice: 'Write it so.',
    severity: 'mistake',
  },
});

/** All codes. */
export const diagnosticCodes = { ...fileCodes, ...projectCodes };

export type DiagnosticCode = keyof typeof diagnosticCodes;
