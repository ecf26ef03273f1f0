import { type Command, Option } from 'commander';
import { scoreKinds } from '../learning/attribution/question.ts';
import { colourMaps } from '../learning/vision/colour-map.ts';
import {
  backendOption,
  collect,
  downstreamOption,
  example,
  forceOption,
  methodOption,
  positiveInteger,
  setOption,
} from './options.ts';

/** Loads an action when it is called, so that `--help` is quick; a number that it gives becomes the exit code. */
export type Act = <Args extends unknown[]>(
  load: () => Promise<(...args: Args) => Promise<unknown>>,
) => (...args: Args) => Promise<void>;

/** The commands and what each takes: running, looking, comparing, keeping, learning. */
export function declareCommands(program: Command, act: Act, argv: readonly string[]): void {
  declareRunning(program, act, argv);
  declareLooking(program, act);
  declareComparing(program, act);
  declareKeeping(program, act);
  declareLearning(program, act);
}

const fileHelp = 'the pipeline file, looked up here and then below pipelines/ (default: the only one)';
const lastHelp =
  'the pipeline file, looked up here and then below pipelines/ (default: the only one, or the one that ran last)';
const stagesHelp = 'its stages, or pipelines that it includes; fit@seed=2 is fit[seed=2] (default: all)';

/** The words of a command line as one list: the project decides which of them is the file. */
const inWords =
  <Options>(command: (words: readonly string[], options: Options) => Promise<unknown>) =>
  (file: string | undefined, stages: readonly string[], options: Options): Promise<unknown> =>
    command(file === undefined ? [] : [file, ...stages], options);

function declareRunning(program: Command, act: Act, argv: readonly string[]): void {
  program
    .command('run')
    .summary('bring stages up to date')
    .description(
      'Brings all stages, or the named ones with everything they need, up to date: restores what the store has, runs the rest.',
    )
    .argument('[file]', fileHelp)
    .argument('[stages...]', stagesHelp)
    .addOption(forceOption())
    .option('--twice [stage]', 'run this stage, or all, twice and compare the bytes; repeatable', collect)
    .addOption(downstreamOption())
    .option('-j, --jobs <count>', 'how many stages may run at once (default: the number of cores)', positiveInteger)
    .addOption(setOption())
    .addOption(new Option('--keep-going', 'after a failure, continue with what does not depend on it (the default)'))
    .addOption(new Option('--fail-fast', 'stop everything at the first failure').conflicts('keepGoing'))
    .addOption(backendOption())
    .addOption(
      new Option('--reporter <form>', 'how progress is shown')
        .choices(['auto', 'live', 'plain', 'json'])
        .default('auto'),
    )
    .option('--hard-link', 'publish by hard links to the store: no copies, but read-only files')
    .option('--rehash', 'hash every input and published file again, even if its times are unchanged')
    .option('--check-reads', 'name the files that each command reads without declaring them (Linux; needs strace)')
    .option('-n, --dry-run', 'only say what would happen and why, as `plan` does')
    .addHelpText(
      'after',
      example(
        'restage run experiments/simple-net-fakes.yaml',
        'restage run experiments/simple-net-fakes.yaml roc --set params.epochs=5',
        'restage run study.yaml --force simple-net-fakes/fit@seed=7',
      ),
    )
    .action(act(async () => inWords((await import('./commands/run.ts')).runCommand(argv))));
  program
    .command('plan')
    .summary('say what would happen, and why')
    .description(
      'Says for every stage whether it is up to date, would be restored, must run or may run, and why. Changes nothing.',
    )
    .argument('[file]', fileHelp)
    .argument('[stages...]', stagesHelp)
    .addOption(forceOption())
    .addOption(downstreamOption())
    .addOption(setOption())
    .addOption(backendOption())
    .option('--json', 'as JSON')
    .addHelpText('after', example('restage plan experiments/simple-net-fakes.yaml'))
    .action(act(async () => inWords((await import('./commands/plan.ts')).planCommand)));
}

function declareLooking(program: Command, act: Act): void {
  program
    .command('explain')
    .summary('say what differs from the last result')
    .description("Shows how a stage's fingerprint differs from that of its last result, value by value.")
    .argument('[file]', lastHelp)
    .argument('[stages...]', stagesHelp)
    .addOption(setOption())
    .addOption(backendOption())
    .option('--json', 'as JSON, with the whole fingerprint')
    .addHelpText('after', example('restage explain experiments/simple-net-fakes.yaml fit'))
    .action(act(async () => inWords((await import('./commands/explain.ts')).explainCommand)));
  program
    .command('graph')
    .summary('draw the stages')
    .description('Prints the graph of stages as Mermaid, or writes it as SVG.')
    .argument('[file]', lastHelp)
    .argument('[stages...]', stagesHelp)
    .addOption(setOption())
    .option('--svg <file>', 'write an SVG to this file')
    .addHelpText('after', example('restage graph experiments/simple-net-fakes.yaml --svg graph.svg'))
    .action(act(async () => inWords((await import('./commands/graph.ts')).graphCommand)));
  program
    .command('logs')
    .summary("print a stage's log")
    .description('Prints the log of a stage for its published result, or else of its last attempt, and how that ended.')
    .argument('[file]', lastHelp)
    .argument('[stages...]', stagesHelp)
    .option('--raw', 'keep colours and other escape sequences, which control the terminal')
    .addOption(setOption())
    .addHelpText('after', example('restage logs experiments/simple-net-fakes.yaml fit'))
    .action(act(async () => inWords((await import('./commands/logs.ts')).logsCommand)));
}

function declareComparing(program: Command, act: Act): void {
  program
    .command('history')
    .summary('list the runs with their numbers')
    .description(
      'Lists the runs that did something, the last one first, with their end and the numbers of their metrics. A number is named by its stage and its name in the file: scores.test.auc.',
    )
    .option('--pipeline <name>', 'only runs of this pipeline')
    .option('--stage <stage>', 'only runs with this stage, or instances of it')
    .option('--since <when>', 'only runs of the last 12h or 30d, or since a date such as 2025-01-31')
    .option('--failed', 'only runs that failed or were killed')
    .addOption(
      new Option('--where <condition>', 'such as scores.test.auc>0.8; repeatable')
        .default([], 'none')
        .argParser(collect),
    )
    .addOption(
      new Option('--show <number>', 'a column for it; repeatable').default([], 'the main ones').argParser(collect),
    )
    .option('--sort <number>', 'sort by this number, the largest first; duration sorts by time')
    .option('--reverse', 'reverse the order')
    .option('--limit <count>', 'how many runs to show', positiveInteger, 30)
    .option('--json', 'as JSON, all of them')
    .addHelpText(
      'after',
      example('restage history --since 7d', "restage history --where 'scores.test.auc>0.8' --sort scores.test.auc"),
    )
    .action(act(async () => (await import('./commands/history.ts')).historyCommand));
  program
    .command('compare')
    .summary('say what differs between pipelines, runs or stages')
    .description(
      'Compares settings value by value, metrics, and scores image by image: differences with their interval and test. A subject is a pipeline as it last stood, a run (its name, the beginning of its name, last, last~1), or a stage of either after a colon.',
    )
    .argument('<subjects...>', 'two or more: experiments/a.yaml, 2025-01-31T09-12, last~1, experiments/a.yaml:scores')
    .option('--all', 'every number that they have in common, not only the main ones')
    .option('--json', 'as JSON')
    .option('--markdown', 'as Markdown tables')
    .option('--html [file]', 'as a page with the curves overlaid (default: compare.html)')
    .addHelpText(
      'after',
      example(
        'restage compare last~1 last',
        'restage compare experiments/a.yaml experiments/b.yaml --html',
        'restage compare experiments/a.yaml:scores experiments/b.yaml:scores',
      ),
    )
    .action(act(async () => (await import('./commands/compare.ts')).compareCommand));
}

function declareKeeping(program: Command, act: Act): void {
  program
    .command('clean')
    .summary('remove outputs that no stage claims any more')
    .description(
      'Removes published outputs of stages and pipelines that are gone. Files that Restage did not put there stay.',
    )
    .option('-y, --yes', 'remove; without it, only say what would go')
    .addHelpText('after', example('restage clean --yes'))
    .action(act(async () => (await import('./commands/clean.ts')).cleanCommand));
  program
    .command('gc')
    .summary('free space in the store')
    .description(
      'Removes results that were not used for a while, and objects that no result names. Keeps frozen stages and the last runs.',
    )
    .option('--keep <duration>', 'keep results used within this time', '30d')
    .option('--max-size <size>', 'remove the least recently used results until the store is this small')
    .option('-y, --yes', 'remove; without it, only say what would go')
    .addHelpText('after', example('restage gc --keep 7d --yes', 'restage gc --max-size 20GiB --yes'))
    .action(act(async () => (await import('./commands/gc.ts')).gcCommand));
  program
    .command('verify')
    .summary('check every byte of the store')
    .description('Hashes every object again and sets damaged ones aside. The next run that needs one makes it again.')
    .option('--inputs', 'also hash input and published files again, and name those that changed without new times')
    .addHelpText('after', example('restage verify', 'restage verify --inputs'))
    .action(act(async () => (await import('./commands/verify.ts')).verifyCommand));
}

function declareLearning(program: Command, act: Act): void {
  program
    .command('model')
    .summary("show a network's layers")
    .description(
      'Lists the named networks, or the layers of one network: shapes, parameters and multiply-adds; draws it on request. Give a name, a pipeline and its stage, or the folder of a trained model.',
    )
    .argument('[model]', 'a name such as xception, a pipeline, or the folder of a model')
    .argument('[stages...]', 'the stage that trains it, if several do')
    .option('--image-size <pixels>', 'side of the images (default: as trained, else 256)', positiveInteger)
    .option('--classes <count>', 'outputs of the last layer of a named network (default: 2)', positiveInteger)
    .option('--svg <file>', 'write a drawing to this file')
    .addOption(setOption())
    .addHelpText(
      'after',
      example('restage model xception --classes 1000 --svg xception.svg', 'restage model study.yaml my-net/fit'),
    )
    .action(act(async () => inWords((await import('./commands/model.ts')).modelCommand)));
  program
    .command('explain-image')
    .summary('score any picture with a trained model, and show why')
    .description(
      'Scores pictures with a trained model, and draws which places the score comes from, as one PNG. Give the folder of the model, or a pipeline, followed by the stage if several leave a model.',
    )
    .argument('<model>', 'the folder of a model, or a pipeline')
    .argument('<images...>', 'the stage of the pipeline, if needed; then pictures: JPEG, PNG, WebP, GIF, AVIF or TIFF')
    .addOption(methodOption())
    .option('--class <name>', 'the class whose score is explained: predicted, or a name', 'predicted')
    .addOption(
      new Option('--score <form>', 'explain the score, or its margin over the other class')
        .choices(scoreKinds)
        .default('score'),
    )
    .option('--layer <name>', 'the convolution for class activation maps (default: the last)')
    .addOption(
      new Option('--colours <name>', 'of the maps (default: jet over the picture, viridis beside it)').choices(
        colourMaps,
      ),
    )
    .option('--out <file>', 'where to write the PNG', 'explained.png')
    .option('--json', 'scores and probabilities as JSON')
    .addOption(setOption())
    .addOption(backendOption())
    .addHelpText(
      'after',
      example(
        'restage explain-image experiments/simple-net-fakes.yaml me.jpg you.jpg',
        'restage explain-image artifacts/mine/fit/model me.jpg --method grad-cam --method smooth-grad --class fake',
      ),
    )
    .action(act(async () => inWords((await import('./commands/explain-image.ts')).explainImageCommand)));
  program
    .command('kinds')
    .summary('list the kinds of stages')
    .description("Lists the kinds of stages, or one kind's settings, ports and example.")
    .argument('[kind]', 'such as train')
    .option('--markdown', 'as Markdown tables; without a kind, all of them')
    .addHelpText('after', example('restage kinds', 'restage kinds train', 'restage kinds --markdown > kinds.md'))
    .action(act(async () => (await import('./commands/kinds.ts')).kindsCommand));
  program
    .command('schema')
    .summary('print the JSON schema of pipelines')
    .description('Prints the JSON schema of pipeline files, for editors.')
    .addHelpText('after', example('restage schema > pipeline.schema.json'))
    .action(act(async () => (await import('./commands/schema.ts')).schemaCommand));
  program
    .command('init')
    .summary('begin a project')
    .description('Writes a small project that runs. Overwrites nothing.')
    .argument('[folder]', 'where', '.')
    .addHelpText('after', example('restage init faces && cd faces && restage run first.yaml'))
    .action(act(async () => (await import('./commands/init.ts')).initCommand));
}
