import { stringify } from 'yaml';
import { formatCountOf, formatList, formatWholeSeconds } from '../../format-numbers.ts';
import type { JsonObject } from '../../json.ts';
import { markdownTable } from '../../markdown-table.ts';
import type { Highlight } from '../../stage.ts';

/** What is known of a model, for people who get it without the project. */
export interface DescribedModel {
  /** The stage that made it, and its pipeline. */
  readonly stage: string;
  readonly pipeline: string;
  /** Where it is published, relative to the project's root. */
  readonly path: string;
  /** An identifier of SPDX, or the address of a licence. */
  readonly license: string;
  readonly network: string;
  /** Learnable parameters; absent where they cannot be counted. */
  readonly parameters?: number;
  /** In label order. */
  readonly classes: readonly string[];
  /** In words: `64 x 64 pixels`. */
  readonly input: string;
  readonly digest: string;
  readonly gitCommit?: string | undefined;
  readonly training: StageFacts;
  /** The stages whose data sets it was trained on. */
  readonly data: readonly StageFacts[];
  /** The stages that read it, in the order of the run. */
  readonly readers: readonly StageFacts[];
}

/** What a stage recorded. */
export interface StageFacts {
  readonly stage: string;
  readonly kind: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly seconds: number;
  readonly software: Readonly<Record<string, string>>;
  readonly settings: JsonObject;
  readonly highlights: readonly Highlight[];
  readonly warnings: readonly string[];
  /** Metrics by split, such as `test.auc`, of a stage that measured the model. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** Metrics that others know by a name of their own. */
const publicMetrics = { accuracy: 'accuracy', auc: 'roc_auc', f1: 'f1' } as const;

/**
 * A model card (Mitchell et al. 2019, "Model cards for model reporting") in Markdown, with the
 * metadata that Hugging Face reads at its top. It says what was recorded. What only people know is
 * marked as a place to write.
 */
export function modelCard(model: DescribedModel): string {
  const sections = [
    `---\n${stringify(metadata(model)).trimEnd()}\n---`,
    `# ${model.stage}`,
    `A classifier of images into ${formatList(model.classes)}, made by the stage \`${model.stage}\` of the Restage pipeline \`${model.pipeline}\`.`,
    details(model),
    '## Intended use',
    toWrite('what the model is for, who may use it, and what it must not decide'),
    '## Training data',
    ...dataOf(model),
    toWrite('where the images come from, whom they show, and with whose consent'),
    '## Training',
    ...training(model),
    '## Evaluation',
    ...evaluation(model),
    '## Limits',
    limits(model),
    toWrite('known weaknesses, and for whom the model works less well'),
    '## Use',
    `    restage predict ${model.path} path/to/images`,
  ];
  return `${sections.join('\n\n')}\n`;
}

const toWrite = (what: string): string => `*To be written by the author: ${what}.*`;

function metadata({ license, stage, data, readers }: DescribedModel): JsonObject {
  const isAddress = /^https?:/.test(license);
  const results = readers.flatMap((reader) => {
    const splits = new Set(Object.keys(reader.metrics).map((path) => path.split('.')[0]!));
    return [...splits].flatMap((split) => {
      const metrics = Object.entries(publicMetrics).flatMap(([own, type]) => {
        const value = reader.metrics[`${split}.${own}`];
        return value === undefined ? [] : [{ type, value }];
      });
      if (metrics.length === 0) return [];
      const name = data[0]?.stage ?? 'images';
      const task = { type: 'image-classification' };
      return [{ task, dataset: { name, type: 'images', split }, metrics }];
    });
  });
  return {
    license: isAddress ? 'other' : license.toLowerCase(),
    ...(isAddress && { license_link: license }),
    library_name: 'restage',
    pipeline_tag: 'image-classification',
    ...(results.length > 0 && { 'model-index': [{ name: stage, results }] }),
  };
}

function details(model: DescribedModel): string {
  const { network, parameters, classes, input, training, license, digest, gitCommit } = model;
  const count =
    parameters === undefined ? '' : `, ${formatCountOf(parameters, 'learnable parameter')}`;
  const software = Object.entries(training.software).map(([name, version]) => `${name} ${version}`);
  const rows = [
    ['network', `${network}${count}`],
    ['classes', formatList(classes)],
    ['input', input],
    ['made', `${training.startedAt.slice(0, 10)}, in ${formatWholeSeconds(training.seconds)}`],
    ['software', software.join(', ')],
    ['licence', license],
    ['SHA-256', `\`${digest}\``],
    ...(gitCommit === undefined ? [] : [['commit', `\`${gitCommit}\``]]),
  ];
  return markdownTable(['', ''], rows);
}

function dataOf({ data }: DescribedModel): readonly string[] {
  if (data.length === 0) return ['No data set is recorded.'];
  return data.flatMap(({ stage, highlights }) => [
    `By the stage \`${stage}\`:`,
    ...tables(highlights.filter(({ role }) => role === 'data')),
  ]);
}

function training({ training: { kind, settings, highlights } }: DescribedModel): readonly string[] {
  return [
    `The kind \`${kind}\`, with these settings:`,
    `\`\`\`yaml\n${stringify(settings).trimEnd()}\n\`\`\``,
    ...tables(highlights),
  ];
}

function evaluation({ readers }: DescribedModel): readonly string[] {
  const shown = readers.filter(({ highlights }) => highlights.length > 0);
  if (shown.length === 0) return ['Nothing measured it in this run.'];
  return shown.flatMap(({ stage, kind, highlights }) => [
    `### ${stage}`,
    `The kind \`${kind}\`.`,
    ...tables(highlights),
  ]);
}

const tables = (highlights: readonly Highlight[]): readonly string[] =>
  highlights.flatMap(({ title, columns, rows, conclusion }) => [
    `**${title}**`,
    markdownTable(columns, rows),
    ...(conclusion === undefined ? [] : [conclusion]),
  ]);

function limits({ training, data, readers }: DescribedModel): string {
  const warned = [...data, training, ...readers].flatMap(({ stage, warnings }) =>
    warnings.map((warning) => `- \`${stage}\` warned: ${warning.replaceAll('\n', ' ')}`),
  );
  const general =
    '- It was measured on the images above. What other cameras, people, methods of forgery and encodings do to it is known only where a table says so.';
  return [general, ...warned].join('\n');
}
