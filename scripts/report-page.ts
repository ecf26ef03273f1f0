import { readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { loadPipeline } from '../src/engine/config/loading/load-pipeline.ts';
import type { InputItem, LocatedStage, Output } from '../src/engine/config/pipeline.ts';
import { markdownTable } from '../src/markdown-table.ts';
import { kinds } from '../stages/index.ts';
import { parseTemplate, readingsOf } from '../stages/write-up/template.ts';

/** The pipeline with the settings of the report, and its stage that answers the questions. */
const pipeline = 'as-reported';
const answers = 'answers';
const folder = `artifacts/${pipeline}`;

/** A question of the report, and where the pipeline answers it. */
export interface Question {
  /** `Questions 6, 7`. */
  readonly number: string;
  /** What it asks. */
  readonly asks: string;
  /** The stages that answer it. */
  readonly stages: readonly string[];
  /** Their files, relative to the folder of the pipeline's artifacts. */
  readonly files: readonly string[];
}

/** The stages of a shipped pipeline, by its name. `root` is the folder of the repository. */
export async function shippedStages(root: string, name: string): Promise<readonly LocatedStage[]> {
  const builtIn = Object.entries(kinds).map(
    ([kind, { spec }]) => [kind, { spec, version: spec.version, files: [], looked: [] }] as const,
  );
  const file = `pipelines/${name}.yaml`;
  const loaded = await loadPipeline({ root, file, kinds: new Map(builtIn) });
  if (!loaded.ok) throw new Error(loaded.error.map(({ message }) => message).join('\n'));
  return loaded.value.stages;
}

/** The questions of the template of the answers, in its order: a heading begins each. */
export async function questionsOf(root: string): Promise<readonly Question[]> {
  const stages = await shippedStages(root, pipeline);
  const writer = stages.find(({ name }) => name === answers);
  if (writer === undefined) throw new Error(`${pipeline} has no stage "${answers}"`);
  const template = itemOf(writer, 'template');
  if (template.from !== 'path') throw new Error(`the template of "${answers}" is no file`);
  const [, ...sections] = readFileSync(template.path, 'utf8').split(/^### /m);
  return sections.map((section) => {
    const [heading = ''] = section.split('\n', 1);
    const [, number = '', asks = ''] = /^([^:]+): (.*)$/.exec(heading) ?? [];
    const inputs = readingsOf(parseTemplate(section, template.path)).map(({ input }) => input);
    const sources = [...new Set(inputs.filter((input) => input !== 'facts'))].map((input) =>
      outputOf(itemOf(writer, input), stages),
    );
    return {
      number,
      asks,
      stages: [...new Set(sources.map(({ stage }) => stage))],
      files: sources.map(({ output }) => fileOf(output)),
    };
  });
}

function itemOf({ inputs }: LocatedStage, port: string): InputItem {
  const item = inputs.find((input) => input.port === port)?.items[0];
  if (item === undefined) throw new Error(`"${answers}" has no input "${port}"`);
  return item;
}

function outputOf(item: InputItem, stages: readonly LocatedStage[]) {
  if (item.from === 'path') throw new Error(`${item.path} is the output of no stage`);
  const stage = stages.find(({ name }) => name === item.stage);
  const output = stage?.outputs.find(({ port }) => port === item.port);
  if (output === undefined) throw new Error(`${item.stage} has no output ${item.port}`);
  return { stage: item.stage, output };
}

/** The file to open of an output: of a chart its drawing. */
function fileOf({ path, type }: Output): string {
  const short = posix.relative(folder, path);
  if (type === 'chart') return `${short}/chart.svg`;
  return type === 'images' ? `${short}/network.svg` : short;
}

/** The table of `docs/report.md`. Explanations without a stage are in another page. */
export function questionsTable(questions: readonly Question[]): string {
  const code = (names: readonly string[]) => names.map((name) => `\`${name}\``).join('<br>');
  const rows = questions.map(({ number, asks, stages, files }) => [
    `**${number}**: ${asks}`,
    code(stages) || `\`${answers}\``,
    code(files) || '[explanation.md](explanation.md)',
  ]);
  return markdownTable(['question', 'stage', `file, below \`${folder}/\``], rows, () => false);
}
