import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { defaultNames } from '../../default-names.ts';
import { packageFolders } from '../../engine/config/find-package.ts';
import { upwards } from '../../engine/files/upwards.ts';
import { writing } from '../../engine/files/write-error.ts';
import { formatScores } from '../../learning/metrics/scores/scores-file.ts';
import { packageRoot } from '../../package-root.ts';
import { Random } from '../../random.ts';
import { shellQuote } from '../../shell/shell-quote.ts';
import { print } from '../support/command-error.ts';
import { ownCommand } from '../support/own-command.ts';
import { exitCodes } from '../support/process-end.ts';

const ours = (path: string) => () => readFileSync(join(packageRoot, path), 'utf8');

const templates = {
  classes: { file: 'classes.yaml', others: {} },
  forensics: { file: 'first.yaml', others: {} },
  pytorch: {
    file: 'pytorch.yaml',
    others: {
      'train.py': ours('src/cli/commands/train.py'),
      'restage.py': ours('stages/python/restage.py'),
    },
  },
  scores: {
    file: 'scores.yaml',
    others: {
      'scores/one.csv': () => madeUpScores('one', 1.5),
      'scores/other.csv': () => madeUpScores('other', 1),
    },
  },
} as const;
type Template = keyof typeof templates;

export async function initCommand(
  folder: string,
  { template }: { readonly template: Template },
): Promise<number> {
  const { file, others } = templates[template];
  const files = {
    [`pipelines/${file}`]: () => schemaLine(resolve(folder)) + ours(`src/cli/commands/${file}`)(),
    '.gitignore': () => '/cache/\n/artifacts/\nnode_modules/\n',
    ...others,
  };
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder, name);
    if (existsSync(path)) {
      print(`kept   ${path}, which is there already`);
      continue;
    }
    writing(path, () => {
      makeFolder(dirname(path));
      writeFileSync(path, text(), { flag: 'wx' });
    });
    print(`wrote  ${path}`);
  }
  const there = relative(process.cwd(), folder);
  const go = there === '' ? '' : `cd ${shellQuote(there)} && `;
  print(`\nNow:   ${go}${ownCommand(resolve(folder))} run ${file}`);
  return exitCodes.ok;
}

/**
 * The first line of a pipeline in a project, by which editors find the schema; empty if Restage is
 * not installed around it.
 */
function schemaLine(project: string): string {
  const clone = [...upwards(project)].filter((path) => path === packageRoot);
  const installed = [...packageFolders('restage', project), ...clone];
  const schema = installed
    .map((path) => join(path, 'pipeline.schema.json'))
    .find((path) => existsSync(path));
  if (schema === undefined) return '';
  const path = relative(join(project, 'pipelines'), schema);
  return `# yaml-language-server: $schema=${path.split(sep).join('/')}\n`;
}

/**
 * Makes a folder and its parents. Node's recursive mkdir would try forever below a parent that
 * takes no folder, as in `/proc`.
 */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  if (dirname(folder) !== folder) makeFolder(dirname(folder));
  mkdirSync(folder);
}

function madeUpScores(model: string, distance: number): string {
  const random = new Random('scores', model);
  const rows = ['val', 'test'].flatMap((split) =>
    Array.from({ length: 200 }, (_, i) => {
      const label = i % 2;
      const difference = distance * (random.normal() + distance * (label - 0.5));
      return { key: `${split}/${i}`, split, label, scores: [-difference / 2, difference / 2] };
    }),
  );
  return formatScores({ classes: defaultNames, names: defaultNames, rows });
}
