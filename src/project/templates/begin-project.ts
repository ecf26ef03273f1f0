import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { defaultNames } from '../../default-class-names.ts';
import { packageFolders } from '../../engine/config/find-package.ts';
import { upwards } from '../../engine/files/upwards.ts';
import { writing } from '../../engine/files/write-error.ts';
import { formatScores } from '../../learning/metrics/scores/scores-file.ts';
import { packageRoot } from '../../package-root.ts';
import { Random } from '../../random.ts';

const ours = (path: string) => () => readFileSync(join(packageRoot, path), 'utf8');

const templates = {
  classes: { file: 'classes.yaml', folder: 'src/project/templates', others: {} },
  forensics: { file: 'first.yaml', folder: 'src/project/templates', others: {} },
  pytorch: {
    file: 'pytorch.yaml',
    folder: 'src/project/templates',
    others: {
      'train.py': ours('src/project/templates/train.py'),
      'restage.py': ours('stages/python/restage.py'),
    },
  },
  scores: {
    file: 'scores.yaml',
    folder: 'src/project/templates',
    others: {
      'scores/one.csv': () => madeUpScores('one', 1.5),
      'scores/other.csv': () => madeUpScores('other', 1),
    },
  },
  // The experiment on drawn videos builds on the same file.
  videos: { file: 'videos.yaml', folder: 'pipelines/base', others: {} },
} as const;

/** What a user puts into a new project before its pipeline can run; undefined for nothing. */
export const firstStepOf = (template: Template): string | undefined =>
  template === 'videos'
    ? 'put your videos into data/videos/real and data/videos/fake there, and install ffmpeg'
    : undefined;

/** What a new project begins with. */
export type Template = keyof typeof templates;

/** The name of the pipeline of a template. */
export const pipelineOf = (template: Template): string => templates[template].file;

/** A file of a new project. */
interface ProjectFile {
  /** Relative to the project. */
  readonly name: string;
  /** Whether it was there already. */
  readonly isKept: boolean;
}

/**
 * Writes the files of a template into a folder, and leaves alone those that are there. Tells each
 * file after it is written. `title` is the folder's name for the user. Throws a `WriteError`.
 */
export function* beginProject(
  folder: string,
  title: string,
  template: Template,
): Generator<ProjectFile, void, void> {
  const { file, folder: source, others } = templates[template];
  const files = {
    [`pipelines/${file}`]: () => schemaLine(folder) + withoutSchema(ours(`${source}/${file}`)()),
    '.gitignore': () => '/cache/\n/artifacts/\nnode_modules/\n',
    ...others,
  };
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder, name);
    const isKept = existsSync(path);
    if (!isKept)
      writing(join(title, name), () => {
        makeFolder(dirname(path));
        writeFileSync(path, text(), { flag: 'wx' });
      });
    yield { name, isKept };
  }
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

/** The text of a pipeline without the first line by which editors find the schema. */
const withoutSchema = (text: string): string => text.replace(/^# yaml-language-server: .*\n/, '');

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
