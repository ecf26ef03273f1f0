import { resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  backendNames,
  colourMaps,
  methods,
  parseDuration,
  parseMemory,
  scoreKinds,
} from '../project/option-choices.ts';
import type { Template } from '../project/templates/begin-project.ts';
import { didYouMean } from '../suggest.ts';
import { commandName } from './support/command-name.ts';

/** A command and what it takes. Its action is loaded when it runs, so that `--help` is quick. */
interface CommandForm {
  readonly summary: string;
  readonly description: string;
  /**
   * Positional arguments with their help and default. A pipeline and its stages reach the action as
   * one list of words.
   */
  readonly takes?: readonly (readonly [name: string, help: string, preset?: string])[];
  readonly options?: readonly Option[];
  readonly examples: readonly string[];
  /** A number that the action gives becomes the exit code. */
  readonly load: (argv: readonly string[]) => Promise<(...args: never[]) => Promise<unknown>>;
}

const option = (flags: string, help: string, preset?: unknown) =>
  new Option(flags, help).default(preset);
const parsed = (flags: string, help: string, parse: (text: string) => unknown, preset?: unknown) =>
  option(flags, help, preset).argParser(parse);
/**
 * An option that gathers its values; a bare `--force` gives `true`. The help shows `unset` as its
 * default.
 */
const repeatable = (
  flags: string,
  help: string,
  unset?: string,
  parse: (text: string) => unknown = (text) => text,
) => {
  const gather = (text: string, before: unknown) => [
    ...(Array.isArray(before) ? before : []),
    parse(text),
  ];
  const repeatable = new Option(flags, `${help}; repeatable`).argParser(gather);
  return unset === undefined ? repeatable : repeatable.default([], unset);
};

/** Makes a parser that refuses the texts for which `parse` returns `undefined`. */
const expecting = (what: string, parse: (text: string) => number | undefined) => (text: string) => {
  const value = parse(text);
  if (value !== undefined) return value;
  throw new InvalidArgumentError(`Expected ${what}, got "${text}".`);
};
const numberIn = (least: number, most: number, what: string) =>
  expecting(what, (text) => {
    const value = Number(text);
    return Number.isInteger(value) && value >= least && value <= most ? value : undefined;
  });
const portNumber = numberIn(0, 65_535, 'a port from 0 to 65535');
export const positiveInteger = numberIn(1, Number.POSITIVE_INFINITY, 'a whole number from 1');

const duration = expecting('a duration such as 12h or 30d', parseDuration);
const keepOption = (help: string, preset: string) =>
  new Option('--keep <duration>', help).argParser(duration).default(duration(preset), preset);
/** Milliseconds since the epoch. */
const timeOf = expecting('a duration such as 12h or 30d, or a date such as 2025-01-31', (text) => {
  const age = parseDuration(text);
  if (age !== undefined) return Date.now() - age;
  const time = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
});

const oneOf = (names: readonly string[]) => (text: string) => {
  if (names.includes(text)) return text;
  // Nobody means the backend cpu by it.
  const near = text === 'gpu' ? undefined : didYouMean(text, names);
  throw new InvalidArgumentError(
    `Expected ${names.join(', ')}.${near === undefined ? '' : ` ${near}`}`,
  );
};

export const setOption = repeatable(
  '--set <name=value>',
  'set a parameter, or a setting of a stage: --set params.epochs=5, --set fit.batchSize=64',
  'none',
);
/** Its values join those of `--set`, in one list. */
export const paramsOption = repeatable(
  '--params <file>',
  'set the parameters of a YAML file; --set has the last word',
  'none',
  (file) => `--params=${resolve(file)}`,
);
paramsOption.attributeName = () => setOption.attributeName();
/** Its values join those of `--set`, too. */
export const axisOption = repeatable(
  '--axis <name=values>',
  'run for each value of an axis, parameter or setting: --axis rate=0.1,0.01',
  'none',
  (text) => `--axis=${text}`,
);
axisOption.attributeName = () => setOption.attributeName();
const backends = `what stages with tensors compute on: ${backendNames.join(', ')}`;
export const backendOption = parsed('--backend <name>', backends, oneOf(backendNames), 'auto');
const forceOption = repeatable(
  '--force [stage]',
  'run this stage, or all, as if the store had no result',
);
const fetchOption = option(
  '--fetch <which>',
  'outputs to bring here from the shared store: final ones and what the report shows, all or none',
  'needed',
).choices(['all', 'needed', 'none']);
const aggregateOption = option(
  '--aggregate <rule>',
  'how the scores of a video are joined: mean, median, max, "{ top: 5 }", "{ above: 0.5 }" (default: mean)',
);
const storeOptions = [option('--no-store', 'ignore the shared store of store.yaml'), fetchOption];
const onOption = option(
  '--on <place>',
  'run stages at this place of places.yaml, such as a cluster',
);
const downstreamOption = option(
  '--downstream',
  'also bring up to date everything that reads the named stages',
);
const removing = [
  option('-y, --yes', 'remove; without it, only say what would go'),
  option('-n, --dry-run', 'only say what would go (the default)').conflicts('yes'),
];

const templates: readonly Template[] = ['classes', 'forensics', 'pytorch', 'scores', 'videos'];
const fileHelp =
  'the pipeline file, looked up here and then below pipelines/ (default: the only one';
const stages = [
  '[stages...]',
  'its stages, or pipelines that it includes; fit@seed=2 is fit[seed=2] (default: all)',
] as const;
const pipeline = [['[file]', `${fileHelp})`], stages] as const;
const lastPipeline = [['[file]', `${fileHelp}, or the one that ran last)`], stages] as const;

export const commands: Readonly<Record<string, CommandForm>> = {
  run: {
    summary: 'bring stages up to date',
    description:
      'Brings all stages, or the named ones with everything they need, up to date: restores what the store has, runs the rest.',
    takes: pipeline,
    options: [
      forceOption,
      repeatable('--twice [stage]', 'run this stage, or all, twice and compare the bytes'),
      downstreamOption,
      parsed(
        '-j, --jobs <count>',
        'how many stages may run at once (default: the number of cores)',
        positiveInteger,
      ),
      onOption,
      option('--detach', 'only submit, and let jobs take the further steps: no process stays here'),
      setOption,
      paramsOption,
      axisOption,
      option(
        '--keep-going',
        'after a failure, continue with what does not depend on it (the default)',
      ),
      option('--fail-fast', 'stop everything at the first failure').conflicts('keepGoing'),
      backendOption,
      option('--reporter <form>', 'how progress is shown', 'auto').choices([
        'auto',
        'live',
        'plain',
        'json',
      ]),
      option('-q, --quiet', 'print only warnings, failures and how the run ended').conflicts(
        'reporter',
      ),
      option('--hard-link', 'publish by hard links to the store: no copies, but read-only files'),
      option(
        '--rehash',
        'hash every input and published file again, even if its times are unchanged',
      ),
      ...storeOptions,
      option(
        '--check-reads',
        'name the files that each command reads without declaring them (Linux; needs strace)',
      ),
      option(
        '--watch',
        'run again whenever a pipeline, an input, an own kind or their imports change',
      ),
      option(
        '--interrupt',
        'with --watch: a change stops the run that is under way; otherwise it ends first',
      ),
      option('--serve', 'with --watch: also serve the pages of `restage serve`'),
      option('-n, --dry-run', 'only say what would happen and why, as `plan` does'),
    ],
    examples: [
      'restage run first.yaml',
      'restage run first.yaml roc --set params.epochs=5',
      'restage run study.yaml --force simple-net-fakes/fit@seed=7',
    ],
    load: async (argv) => (await import('./commands/run.ts')).runCommand(argv),
  },
  plan: {
    summary: 'say what would happen, and why',
    description:
      'Says for every stage whether it is up to date, would be restored, must run or may run, and why. Changes nothing.',
    takes: pipeline,
    options: [
      forceOption,
      downstreamOption,
      setOption,
      paramsOption,
      axisOption,
      backendOption,
      onOption,
      option(
        '--submissions',
        'also print the commands and scripts that would be submitted to schedulers, which are not asked',
      ),
      ...storeOptions,
      option('--json', 'print JSON').conflicts('submissions'),
    ],
    examples: ['restage plan first.yaml'],
    load: async () => (await import('./commands/plan.ts')).planCommand,
  },
  explain: {
    summary: 'show what differs from the last result',
    description:
      "Shows how a stage's fingerprint differs from that of its last result, value by value.",
    takes: lastPipeline,
    options: [
      setOption,
      paramsOption,
      axisOption,
      backendOption,
      option('--json', 'print JSON, with the whole fingerprint'),
    ],
    examples: ['restage explain first.yaml fit'],
    load: async () => (await import('./commands/explain.ts')).explainCommand,
  },
  graph: {
    summary: 'draw the stages',
    description: 'Prints the graph of stages as Mermaid, or writes it as SVG.',
    takes: lastPipeline,
    options: [
      setOption,
      paramsOption,
      axisOption,
      option('--svg <file>', 'write an SVG to this file'),
    ],
    examples: ['restage graph first.yaml --svg graph.svg'],
    load: async () => (await import('./commands/graph.ts')).graphCommand,
  },
  logs: {
    summary: "print a stage's log",
    description:
      "Prints the log of a stage's published result, or else of its last attempt, and how that ended.",
    takes: lastPipeline,
    options: [
      option('--raw', 'keep colours and other escape sequences, which control the terminal'),
      setOption,
      paramsOption,
      axisOption,
    ],
    examples: ['restage logs first.yaml fit'],
    load: async () => (await import('./commands/logs.ts')).logsCommand,
  },
  results: {
    summary: 'list stages with their settings, numbers and files',
    description:
      'Lists stages with the numbers of their metrics and the paths of their outputs, if they are up to date. As JSON also with axes, settings, intervals and reported curves, for tables of other programs.',
    takes: lastPipeline,
    options: [setOption, option('--json', 'print JSON')],
    examples: ['restage results first.yaml', 'restage results first.yaml fit --json'],
    load: async () => (await import('./commands/results.ts')).resultsCommand,
  },
  history: {
    summary: 'list the runs with their numbers',
    description:
      'Lists the runs that did something, newest first, with their end and the numbers of their metrics. A number is named by its stage and its name in the file: scores.test.auc.',
    options: [
      option('--pipeline <name>', 'only runs of this pipeline'),
      option('--stage <stage>', 'only runs with this stage, or instances of it'),
      parsed(
        '--since <when>',
        'only runs of the last 12h or 30d, or since a date such as 2025-01-31',
        timeOf,
      ),
      option('--failed', 'only runs that failed or were killed'),
      repeatable('--where <condition>', 'only runs with such numbers: scores.test.auc>0.8', 'none'),
      repeatable('--show <number>', 'show a column for this number', 'the main ones'),
      option('--sort <number>', 'sort by this number, the largest first; duration sorts by time'),
      option('--reverse', 'reverse the order'),
      parsed('--limit <count>', 'how many runs to show', positiveInteger, 30),
      option('--json', 'print JSON, all runs'),
    ],
    examples: [
      'restage history --since 7d',
      "restage history --where 'scores.test.auc>0.8' --sort scores.test.auc",
    ],
    load: async () => (await import('./commands/history.ts')).historyCommand,
  },
  note: {
    summary: 'name, tag and annotate a run',
    description:
      'Writes a note about a run, its name, tags, a pin, or that it is the baseline of its pipeline, into notes/ of the project, which belongs into its repository. Without an edit, shows what is noted. An empty text removes a note or name.',
    takes: [
      ['[run]', 'its id, the beginning of it, last, or last~1 (default: show all)'],
      ['[text...]', 'the note'],
    ],
    options: [
      option('--name <name>', 'the name that pages show for it'),
      repeatable('--tag <tag>', 'add a tag', 'none'),
      repeatable('--untag <tag>', 'remove a tag', 'none'),
      option('--pin', 'show it first in the table of runs'),
      option('--no-pin', 'no longer'),
      option('--baseline', 'compare others of its pipeline with it'),
      option('--no-baseline', 'no longer'),
      option('--member <axes>', 'of its matrix, only the member with these axes: seed=7'),
      option('--json', 'print JSON'),
    ],
    examples: [
      'restage note last "overfits after epoch 5" --tag overfitting',
      'restage note last --name "first that works" --baseline',
    ],
    load: async () => (await import('./commands/note.ts')).noteCommand,
  },
  compare: {
    summary: 'show what differs between pipelines, runs or stages',
    description:
      'Compares settings value by value, metrics, and scores image by image: differences with their interval and test. A subject is a pipeline as it last stood, a run (its name, the beginning of its name, last, last~1), a branch with three dots (main...: the run where HEAD left it), or a stage of one of these after a colon.',
    takes: [
      [
        '<subjects...>',
        'two or more: experiments/a.yaml, 2025-01-31T09-12, last~1, main..., experiments/a.yaml:scores',
      ],
    ],
    options: [
      option('--by <unit>', 'compare scores video by video too, joined from their images').choices([
        'video',
      ]),
      aggregateOption,
      option(
        '--missing <rule>',
        'how a video without an image counts: 0.5, wrong or excluded (default: 0.5)',
      ),
      option(
        '--over <axes>',
        'compare the means of stages that differ in these axes alone, such as seed',
      ),
      option('--all', 'show every number that they have in common, not only the main ones'),
      option('--json', 'print JSON'),
      option('--markdown', 'print Markdown tables'),
      option('--latex', 'print LaTeX tables, for the package booktabs'),
      option('--html [file]', 'write a page with the curves overlaid (default: compare.html)'),
    ],
    examples: [
      'restage compare last last~1',
      'restage compare main... --markdown',
      'restage compare experiments/a.yaml experiments/b.yaml --html',
      'restage compare experiments/a.yaml:scores experiments/b.yaml:scores',
    ],
    load: async () => (await import('./commands/compare.ts')).compareCommand,
  },
  report: {
    summary: 'write runs and their comparison as pages to share',
    description:
      'Writes the pages of some runs and their comparison into a new folder, which opens from a disk or from any web server, without Restage. Each run also leaves a report of its own: artifacts/<pipeline>/report.html.',
    options: [
      option('--runs <runs>', 'runs by name, such as last,last~1, or a filter: "seed=7 auc>0.8"'),
      option('--images <filter>', 'images to write, too, by a filter as their page has it'),
      option('--to <folder>', 'the new folder'),
    ],
    examples: [
      'restage report --runs last,last~1 --to shared',
      "restage report --runs last --images 'split=test right=no' --to shared",
      "restage report --runs 'pipeline=study tags=good' --to shared",
    ],
    load: async () => (await import('./commands/report.ts')).reportCommand,
  },
  ledger: {
    summary: 'show who looked at sealed images, and check the chain',
    description:
      'Shows the lines of ledger.jsonl and checks that each follows the one before it and bears its signature. For a pipeline or its stages, it says how many looks came before the numbers that they show now.',
    takes: [['[file]', `${fileHelp}, or none)`], stages],
    options: [
      option('--of <archive>', 'the ledger in a file of `restage export`'),
      option('--json', 'print JSON'),
    ],
    examples: ['restage ledger', 'restage ledger study.yaml my-net/scores'],
    load: async () => (await import('./commands/ledger.ts')).ledgerCommand,
  },
  unseal: {
    summary: 'break a seal, in a line of the ledger',
    description:
      'Breaks the seal of sealed images for good: every stage may read them. The ledger gets a line with the reason.',
    takes: [
      ['<reason>', 'why, in your words'],
      ['[seal]', 'the beginning of its name in `restage ledger` (default: the only one)'],
    ],
    examples: ['restage unseal "the paper is accepted"'],
    load: async () => (await import('./commands/unseal.ts')).unsealCommand,
  },
  serve: {
    summary: 'show runs, results and images in a browser',
    description:
      'Serves pages of all runs, also of those under way, to browsers on this machine: the printed address holds a token. Writes only what you note about runs, and the views that you save.',
    options: [
      parsed('--port <number>', 'the port to listen on; 0 for any that is free', portNumber, 7341),
      option(
        '--host <address>',
        'listen on this address of the machine, for other machines; needs --token',
      ),
      option('--token <text>', 'the secret of the address (default: a new one)'),
      option('--read-only', 'write nothing; so it is with --host'),
    ],
    examples: ['restage serve', 'restage serve --port 0'],
    load: async () => (await import('./commands/serve.ts')).serveCommand,
  },
  figure: {
    summary: 'write a chart as PDF',
    description:
      'Writes a published chart, or a file that ends in .svg, as a page of PDF for a paper: vectors and embedded fonts.',
    takes: [
      ['<chart>', 'the folder of a chart, such as artifacts/first/roc/roc, or an SVG file'],
      ['<file>', 'the PDF to write'],
    ],
    examples: ['restage figure artifacts/first/roc/roc roc.pdf'],
    load: async () => (await import('./commands/figure.ts')).figureCommand,
  },
  clean: {
    summary: 'list the outputs that no stage claims any more, or remove them (--yes)',
    description:
      'Lists the published outputs of stages and pipelines that are gone, or removes them. Files that Restage did not put there stay.',
    options: removing,
    examples: ['restage clean', 'restage clean --yes'],
    load: async () => (await import('./commands/clean.ts')).cleanCommand,
  },
  gc: {
    summary: 'show what space the store can free, or free it (--yes)',
    description:
      'Counts the results that were not used for a while and the objects that no result names, or removes them. Keeps frozen stages and the last runs.',
    options: [
      keepOption('keep results used within this time', '30d'),
      parsed(
        '--max-size <size>',
        'remove the least recently used results until the store is this small',
        expecting('a size such as 20GiB', parseMemory),
      ),
      ...removing,
    ],
    examples: ['restage gc --keep 7d --yes', 'restage gc --max-size 20GiB --yes'],
    load: async () => (await import('./commands/gc.ts')).gcCommand,
  },
  verify: {
    summary: 'check every byte of the store',
    description:
      'Hashes every object again and sets damaged ones aside. The next run that needs one computes it again.',
    options: [
      option(
        '--inputs',
        'also hash input and published files again, and name those that changed without new times',
      ),
    ],
    examples: ['restage verify', 'restage verify --inputs'],
    load: async () => (await import('./commands/verify.ts')).verifyCommand,
  },
  model: {
    summary: "show a network's layers, or what a file of weights holds",
    description:
      'Lists the named networks, or the layers of one network: shapes, parameters and multiply-adds; draws it on request. Give a name, a pipeline and its stage, or the folder of a trained model. Of a file of weights it lists the tensors.',
    takes: [
      [
        '[model]',
        'a name such as xception, a pipeline, the folder of a model, or a file of weights',
      ],
      ['[stages...]', 'the stage that trains it, if several do'],
    ],
    options: [
      parsed(
        '--image-size <pixels>',
        'side of the images (default: as trained, else 256)',
        positiveInteger,
      ),
      parsed(
        '--classes <count>',
        'outputs of the last layer of a named network (default: 2)',
        positiveInteger,
      ),
      option('--svg <file>', 'write a drawing to this file'),
      setOption,
      paramsOption,
      axisOption,
    ],
    examples: [
      'restage model xception --classes 1000 --svg xception.svg',
      'restage model study.yaml my-net/fit',
      'restage model resnet50.pth',
    ],
    load: async () => (await import('./commands/model.ts')).modelCommand,
  },
  'explain-image': {
    summary: 'score any picture with a trained model, and show why',
    description:
      'Scores pictures with a trained model, and draws which regions the score comes from, as one PNG. Give the folder of the model, an ONNX file that describes itself, or a pipeline, followed by the stage if several leave a model.',
    takes: [
      ['<model>', 'the folder of a model, an ONNX file, or a pipeline'],
      [
        '<images...>',
        'the stage of the pipeline, if needed; then pictures: JPEG, PNG, WebP, GIF, AVIF, TIFF or BMP',
      ],
    ],
    options: [
      repeatable(
        '--method <name>',
        `draw a map by this method: ${methods.join(', ')}`,
        'gradient and grad-cam; occlusion for an ONNX file',
        oneOf(methods),
      ),
      option(
        '--class <name>',
        'the class whose score is explained: predicted, or a name',
        'predicted',
      ),
      option(
        '--score <form>',
        'explain the score, or its margin over the other class',
        'score',
      ).choices(scoreKinds),
      option(
        '--layer <name>',
        'the convolution or layer of tokens for class activation maps, or a tensor of an ONNX file',
      ),
      option(
        '--colours <name>',
        'colours of the maps (default: viridis, which colour-blind people can read)',
      ).choices(colourMaps),
      option(
        '--out <file>',
        'where to write the PNG, in place of one there (default: explained.png, where none is)',
      ),
      option('--json', 'print scores and probabilities as JSON'),
      setOption,
      paramsOption,
      axisOption,
      backendOption,
    ],
    examples: [
      'restage explain-image first.yaml me.jpg you.jpg',
      'restage explain-image artifacts/first/fit/model me.jpg --method smooth-grad',
    ],
    load: async () => (await import('./commands/explain-image.ts')).explainImageCommand,
  },
  predict: {
    summary: 'score new images or videos with a trained model',
    description:
      "Scores images or videos without labels, and writes scores.csv, summary.json and a sheet of the most certain images into a new folder; of videos also timeline, the scores over time. Give the folder of the model, an ONNX file that describes itself, or a pipeline, followed by the stage if several leave a model; then a folder of images, or videos and folders of them. Frames and faces are cut as those of the model's training were.",
    takes: [
      ['<model>', 'the folder of a model, an ONNX file, or a pipeline'],
      [
        '<images...>',
        'the stage of the pipeline, if needed; then the folder of images, or the videos',
      ],
    ],
    options: [
      option('--out <folder>', 'the new folder', 'predicted'),
      option(
        '--frames <settings>',
        'which frames of a video, by settings of the kind frames (default: "take: { count: 16 }")',
      ),
      aggregateOption,
      option('--faces', 'cut faces first, also where the model does not say how its training did'),
      option('--whole', 'score images and frames as they are'),
      option('--detector <file>', "the training's own detector of faces, an ONNX file"),
      option('--landmarks <file>', "the training's own network of landmarks, an ONNX file"),
      setOption,
      paramsOption,
      axisOption,
      backendOption,
    ],
    examples: [
      'restage predict first.yaml photos/unsorted',
      'restage predict artifacts/first/fit/model photos/unsorted --out scored',
      'restage predict videos.yaml clip.mp4 --aggregate max',
    ],
    load: async () => (await import('./commands/predict.ts')).predictCommand,
  },
  jobs: {
    summary: 'list the jobs on clusters, or cancel them',
    description:
      "Lists this project's jobs that are queued or running, whichever run submitted them. `cancel` cancels those that no run waits for.",
    takes: [['[action]', 'cancel; without it, the jobs are listed']],
    examples: ['restage jobs', 'restage jobs cancel'],
    load: async () => (await import('./commands/jobs.ts')).jobsCommand,
  },
  places: {
    summary: 'check a place of places.yaml',
    description:
      'Submits a small job to a place, and says what its node sees: shared folder, Node, scratch space, clock, graphics cards.',
    takes: [
      ['<action>', 'check'],
      ['<place>', 'a place of places.yaml'],
    ],
    examples: ['restage places check cluster'],
    load: async () => (await import('./commands/places.ts')).placesCommand,
  },
  store: {
    summary: 'share results with others: init, add, status, push, pull, verify, gc, keys',
    description:
      "Shares results through a folder, a bucket of S3, Google or Azure, or SSH. `init <address>` makes a store; `add <address>` a further one; `push` sends what it lacks; `pull [file] [stages]` publishes a stored run's outputs; `verify` reads every byte, and with `--repair` sends damaged ones again; `gc` frees space; `keys [list|add|revoke]` says whose results are trusted.",
    takes: [
      ['<action>', 'init, add, status, push, pull, verify, gc or keys'],
      ['[words...]', 'an address; a pipeline and its stages; or what to do with keys'],
    ],
    options: [
      option('--endpoint <url>', 'init, add: the address of a compatible server'),
      option('--region <name>', 'init, add: the region of S3'),
      option('--profile <name>', 'init, add: the profile in ~/.aws with the credentials'),
      option('--first', 'add: ask it before the others'),
      option('--store <address>', 'one of several stores, not the one that is written'),
      option('--run <id>', 'pull: this run, or the newest whose name begins so'),
      option('--commit <id>', 'pull: the newest run of this git commit'),
      fetchOption,
      option('--repair', 'verify: send again what is damaged, as far as its bytes are here'),
      new Option(
        '--keep <duration>',
        'gc: keep results and runs stored or used within this time; 90d without --keep-size',
      ).argParser(duration),
      parsed(
        '--keep-size <size>',
        'gc: remove the least recently used results until the store is this small',
        expecting('a size such as 200GiB', parseMemory),
      ),
      option('-y, --yes', 'gc: remove; without it, only say what would go'),
    ],
    examples: [
      'restage store init s3://bucket/project',
      'restage store push',
      'restage store pull study.yaml',
    ],
    load: async () => (await import('./commands/store.ts')).storeCommand,
  },
  export: {
    summary: 'write the results of a pipeline into one file',
    description:
      'Writes the last results of a pipeline, with its report, into one file for `restage import`; of stages that are named, only theirs, without the report. With --rocrate, into a folder that repositories and other programs read; with --croissant, only the description of a data set; with --model-card, that of a model; with --page, a page that scores images in a browser.',
    takes: [
      ['<archive>', 'the new file, such as study.restage, or folder'],
      ['[file]', `${fileHelp})`],
      ['[stages...]', 'stages whose outputs are written; all when left out'],
    ],
    options: [
      option('--rocrate', 'write an RO-Crate: a folder with outputs, pipeline and provenance'),
      option('--croissant', 'describe the data set of a stage by Croissant, in one JSON file'),
      option('--model-card', 'describe the model of a stage in Markdown'),
      option(
        '--page',
        'write a page with the network of a model, which opens offline; the words name the model as those of `restage predict` do',
      ),
      option(
        '--scores <file>',
        'with --page: scores of val, by which probabilities are calibrated',
      ),
      option('--metrics <file>', 'with --page: metrics.json, whose numbers of test are shown'),
      setOption,
      option(
        '--license <name>',
        'of the first three: a licence, such as CC-BY-4.0 (default: that of package.json)',
      ),
      repeatable('--creator <name>', 'with --croissant: who made the data set', 'none'),
      option('--url <address>', 'with --croissant: the page of the data set'),
    ],
    examples: [
      'restage export study.restage study.yaml',
      'restage export scores.restage study.yaml my-net/scores',
      'restage export study-crate study.yaml --rocrate --license CC-BY-4.0',
      'restage export set.json faces --croissant --creator me --url http://me.org',
      'restage export model-card.md study.yaml my-net/fit --model-card',
      'restage export model.html study.yaml my-net/fit --page',
    ],
    load: async () => (await import('./commands/export.ts')).exportCommand,
  },
  import: {
    summary: 'publish the outputs that a file of `restage export` holds',
    description:
      'Publishes the outputs and the report of an exported run, whose data are not needed.',
    takes: [['<archive>', 'a file of `restage export`']],
    options: [
      option('--trust <key>', 'a public key to trust, beside those of store.yaml'),
      option('--replace', 'take the outputs of a pipeline that another key signed, too'),
    ],
    examples: ['restage import study.restage'],
    load: async () => (await import('./commands/import.ts')).importCommand,
  },
  kinds: {
    summary: 'list the kinds of stages',
    description: "Lists the kinds of stages, or one kind's settings, ports and example.",
    takes: [['[kind]', 'a kind, such as train']],
    options: [option('--markdown', 'print Markdown tables; without a kind, of all kinds')],
    examples: ['restage kinds', 'restage kinds train', 'restage kinds --markdown > kinds.md'],
    load: async () => (await import('./commands/kinds.ts')).kindsCommand,
  },
  schema: {
    summary: 'print the JSON schema of pipelines',
    description: 'Prints the JSON schema of pipeline files, for editors.',
    examples: ['restage schema > pipeline.schema.json'],
    load: async () => (await import('./commands/schema.ts')).schemaCommand,
  },
  mcp: {
    summary: 'let an assistant plan, explain and read results',
    description:
      'Serves this project to an assistant by the Model Context Protocol, over standard input and output: it can plan, explain, compare, and read results. It writes and runs nothing, unless --allow-run, and never sees what was measured on sealed images. Needs the package @modelcontextprotocol/sdk.',
    options: [option('--allow-run', 'also let it run stages, with your rights')],
    examples: ['restage mcp', 'restage mcp --allow-run'],
    load: async () => (await import('./commands/mcp.ts')).mcpCommand,
  },
  docs: {
    summary: 'read this documentation in a browser, offline',
    description:
      'Serves the documentation of the installed version to browsers on this machine, with a search. It needs no network.',
    options: [
      parsed('--port <number>', 'the port to listen on; 0 for any that is free', portNumber, 7342),
    ],
    examples: ['restage docs', 'restage docs --port 0'],
    load: async () => (await import('./commands/docs.ts')).docsCommand,
  },
  doctor: {
    summary: 'show what this machine has, and what is missing for what',
    description:
      'Looks for what Restage and its parts use: Node, cores, memory, disk, the backend, a GPU, Python, a browser, Git, schedulers, SSH, and the files of the project. With --slim, it only finds the binaries of other platforms in the package onnxruntime-node, and removes them with --yes.',
    options: [
      option('--slim', 'find the binaries that only other platforms load, or remove them (--yes)'),
      ...removing,
    ],
    examples: ['restage doctor', 'restage doctor --slim --yes'],
    load: async () => (await import('./commands/doctor.ts')).doctorCommand,
  },
  init: {
    summary: 'start a project',
    description:
      'Writes a small project that runs: your own folder of classes (classes), a first experiment of the study (forensics), a training in PyTorch (pytorch), scores of your own models (scores), or folders of videos (videos). Overwrites nothing.',
    takes: [['[folder]', 'the folder of the project', '.']],
    options: [option('--template <name>', 'what it begins with', 'forensics').choices(templates)],
    examples: [
      'restage init faces && cd faces && restage run first.yaml',
      'restage init own --template classes && cd own && restage run classes.yaml',
    ],
    load: async () => (await import('./commands/init.ts')).initCommand,
  },
};

/**
 * Declares all commands. `argv` names the command for its action; `end` is called with the exit
 * code, if the action gives one.
 */
export function declareCommands(
  program: Command,
  argv: readonly string[],
  end: (code: number) => void,
): void {
  for (const [
    name,
    { summary, description, takes = [], options = [], examples, load },
  ] of Object.entries(commands)) {
    const command = program.command(name).summary(summary).description(description);
    for (const [word, help, preset] of takes) command.argument(word, help, preset);
    for (const declared of options) command.addOption(declared);
    const example = examples[0]!.replace('restage ', `${commandName} `);
    command.showHelpAfterError(`(as in: ${example}; see --help)`);
    command.addHelpText('after', exampleText(examples)).action(async (...args) => {
      const act = (await load(argv)) as (...args: readonly unknown[]) => Promise<unknown>;
      const code = await (takes.length === 2
        ? act([args[0] ?? [], args[1] ?? []].flat(), args[2])
        : act(...args));
      if (typeof code === 'number') end(code);
    });
  }
}

/** Examples are written with `restage`, and shown with the name that the user typed. */
export const exampleText = (lines: readonly string[]): string =>
  `\nExample${lines.length > 1 ? 's' : ''}:\n${lines.map((line) => `  $ ${line}`).join('\n')}\n`.replaceAll(
    'restage ',
    `${commandName} `,
  );
