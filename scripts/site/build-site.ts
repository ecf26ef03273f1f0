// Builds the site of the documentation into site/: npm run site
// Its packages lie in this folder, apart from those of Restage, and are installed when they are
// missing. The study on drawn faces runs first: about six minutes, or none when it is up to date.
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import { Manual, type ManualPage } from '../../src/reporting/manual/manual.ts';
import { manualGroups } from '../../src/reporting/manual/manual-pages.ts';
import { type PictureSize, pictureSize } from '../../src/reporting/manual/picture-size.ts';
import { chapters } from '../gallery/figures.ts';
import { pictureOf } from '../gallery/gallery-page.ts';
import { inRepository } from '../generated-files.ts';
import { frontPage } from './front-page.ts';
import { pythonReference } from './python-reference.ts';
import { kindPages, withSiteLinks } from './site-pages.ts';

const here = inRepository('scripts/site');
const pages = join(here, 'pages');
const read = (path: string): string => readFileSync(inRepository(path), 'utf8');
const info = JSON.parse(read('package.json'));
const repository: string | undefined = addressOf(info.repository);
/** Where the site lies on its server, with a slash before and after it. */
const base = process.env['SITE_BASE'] ?? '/';

if (!existsSync(join(here, 'node_modules/vitepress')))
  execFileSync('npm', ['ci', '--ignore-scripts'], { cwd: here, stdio: 'inherit' });
restage('inherit', 'run', 'study.yaml');
rmSync(pages, { recursive: true, force: true });
const manual = new Manual(inRepository('.'));
const kinds = new Set(
  Array.from(read('docs/kinds.md').matchAll(/^## (.+)$/gm), ([, kind]) => kind!),
);
writePages();
const pictures = copyPictures();
writeReferences();
writeContents();
execFileSync('npx', ['vitepress', 'build', '.'], { cwd: here, stdio: 'inherit' });

function writePages(): void {
  for (const page of manual.pages) {
    const text = withSiteLinks(read(page.file), page, { manual, kinds, repository });
    if (page.file === 'docs/kinds.md')
      for (const { file, text: kind } of kindPages(text, picturesOf)) write(file, kind);
    else write(`${page.address}.md`, text);
  }
  mkdirSync(join(pages, 'public'), { recursive: true });
  write('index.md', frontPage(base, writeStudyPages()));
}

/**
 * Writes the pages of the last run of the study, with the files that they link to. Returns the
 * address of the run's page within the site.
 */
function writeStudyPages(): string {
  const folder = join(pages, 'public/drawn-faces');
  const [last] = JSON.parse(restage('pipe', 'history', '--pipeline', 'study', '--json'));
  restage('inherit', 'report', '--runs', last.run, '--to', folder);
  return `drawn-faces/run-${last.run}.html`;
}

/** Runs a command of Restage in the repository. Returns what it printed, where that is piped. */
function restage(output: 'inherit' | 'pipe', ...words: readonly string[]): string {
  return execFileSync(process.execPath, [inRepository('bin/restage.js'), ...words], {
    cwd: inRepository('.'),
    stdio: ['inherit', output, 'inherit'],
    encoding: 'utf8',
    maxBuffer: Number.POSITIVE_INFINITY, // a history has no end
  });
}

/** What the gallery shows of a kind. */
function picturesOf(kind: string): string {
  const { stages } = parse(read('pipelines/gallery.yaml'));
  const figures = chapters
    .flatMap((chapter) => chapter.figures)
    .filter(({ stage, form }) => stages[stage].kind === kind && form !== 'table');
  if (figures.length === 0) return '';
  const shown = figures.map(
    (figure) => `### ${figure.title}\n\n![${figure.title}](../${pictureOf(figure)})`,
  );
  return `## Pictures\n\nOf drawn faces, with their YAML, from the [gallery](../gallery.md).\n\n${shown.join('\n\n')}\n`;
}

/**
 * Copies pictures to where pages name them, as in `docs/`. Returns the size of each, which a
 * browser needs to keep its place while it loads.
 */
function copyPictures(): Readonly<Record<string, PictureSize>> {
  const sizes: Record<string, PictureSize> = {};
  for (const name of readdirSync(inRepository('docs'), { recursive: true, encoding: 'utf8' }))
    if (/\.(png|webp)$/.test(name)) {
      const copy = join(pages, 'public', name);
      mkdirSync(dirname(copy), { recursive: true });
      cpSync(inRepository(`docs/${name}`), copy);
      sizes[name] = pictureSize(readFileSync(copy));
    }
  return sizes;
}

/** The TypeScript API from the types that the package ships, `restage.py`, and the JSON schema. */
function writeReferences(): void {
  const words = [
    'typedoc',
    '--plugin',
    'typedoc-plugin-markdown',
    '--entryPoints',
    inRepository('dist/types/index.d.ts'),
    '--skipErrorChecking',
    '--tsconfig',
    join(here, 'tsconfig.json'),
    '--readme',
    'none',
    '--name',
    'TypeScript API',
    '--out',
    join(pages, 'api'),
    '--entryFileName',
    'index',
    // Its links count names that get no heading of their own.
    '--useHTMLAnchors',
    'true',
    '--hideBreadcrumbs',
    'true',
    '--disableSources',
    '--outputFileStrategy',
    'modules',
    '--logLevel',
    'Error',
  ];
  execFileSync('npx', words, { cwd: here, stdio: 'inherit' });
  write('api/python.md', pythonReference(read('stages/python/restage.py')));
  mkdirSync(join(pages, 'public'), { recursive: true });
  cpSync(inRepository('pipeline.schema.json'), join(pages, 'public/pipeline.schema.json'));
  write('schema.md', schemaPage());
}

function schemaPage(): string {
  const { properties } = JSON.parse(read('pipeline.schema.json'));
  const keys = Object.entries<{ readonly description?: string }>(properties).map(
    ([key, { description = '' }]) => `| \`${key}\` | ${description.replaceAll('|', '\\|')} |`,
  );
  return `# JSON schema

Editors complete and check a pipeline's file by this schema: <a href="./pipeline.schema.json" target="_self">pipeline.schema.json</a>. \`restage schema\` prints that of your project, with its own kinds. The first line of a file names it:

\`\`\`yaml
# yaml-language-server: $schema=../pipeline.schema.json
\`\`\`

| key | what it is |
| --- | --- |
${keys.join('\n')}

What each key means: [the pipeline file](./yaml.md). Settings and ports of kinds: [kinds](./kinds.md).
`;
}

/**
 * Navigation: the groups, in the reference also the pages that are made here, and the kinds. A page
 * shows the contents of its section alone: with those of all, a phone took 0.1 s longer to start.
 */
function writeContents(): void {
  const entry = (page: ManualPage) => ({ text: page.title, link: `/${page.address}` });
  const groups = manualGroups.map(({ title, chapters }) => {
    const items = chapters.map((chapter) => {
      const [first, ...parts] = manual.pagesOf(chapter);
      return parts.length === 0
        ? entry(first)
        : { ...entry(first), collapsed: true, items: parts.map(entry) };
    });
    const made = [
      { text: 'TypeScript API', link: '/api/index' },
      { text: 'restage.py', link: '/api/python' },
      { text: 'JSON schema', link: '/schema' },
    ];
    return { text: title, items: title === 'Reference' ? [...items, ...made] : items };
  });
  const ofKinds = {
    text: 'Kinds',
    items: [
      { text: 'All kinds', link: '/kinds' },
      ...Array.from(kinds, (kind) => ({ text: kind, link: `/kinds/${kind}` })),
    ],
  };
  const nav = manualGroups.map(({ title, chapters: [chapter] }) => {
    const [first] = manual.pagesOf(chapter!);
    return { text: title, link: `/${first.address}` };
  });
  const contents = {
    description: info.description,
    base,
    repository,
    nav,
    sections: [...groups, ofKinds],
    pictures,
  };
  writeFileSync(join(here, 'contents.json'), JSON.stringify(contents));
}

function write(file: string, text: string): void {
  mkdirSync(dirname(join(pages, file)), { recursive: true });
  writeFileSync(join(pages, file), text);
}

/** The web address of `repository` in package.json, if there is one. */
function addressOf(given: string | { readonly url: string } | undefined): string | undefined {
  const url = typeof given === 'object' ? given.url : given;
  return url?.replace(/^git\+/, '').replace(/\.git$/, '');
}
