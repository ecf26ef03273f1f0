import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The absolute path of a file of the repository. */
export const inRepository = (path: string): string =>
  fileURLToPath(new URL(`../../${path}`, import.meta.url));
/** The text of a file of the repository. */
export const read = (path: string): string => readFileSync(inRepository(path), 'utf8');

/** The code blocks of a page in one language. */
export const blocks = (page: string, language: string): readonly string[] =>
  Array.from(read(page).matchAll(/^```(\w+)\n(.*?)^```$/gms), ([, name, text]) =>
    name === language ? text! : '',
  ).filter((text) => text !== '');

/** Every page for people. */
export const pages: readonly string[] = [
  'README.md',
  'ARCHITECTURE.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  ...['docs', 'src', 'stages', 'bench'].flatMap((folder) =>
    readdirSync(inRepository(folder), { recursive: true, encoding: 'utf8' }).flatMap((name) =>
      name.endsWith('.md') ? [`${folder}/${name}`] : [],
    ),
  ),
];

/** A command as a page has a reader type it, with the lines that the page shows below it. */
export interface ShownCommand {
  readonly command: string;
  readonly output: readonly string[];
}
/** What a reader does next: writes a file, or types a command. */
export type PageStep = ShownCommand | { readonly file: string; readonly text: string };

const program =
  /^(?:[A-Z_]+=\S+ )*(?:(?:npx )?(?:restage|pipeline) [a-z<]|(?:npm|node|python3|awk|dvc|ssh|git|aws|eval|sinfo|killall) \S|scripts\/\S+\.sh)/;

/** The commands of a block: those behind a `$`, or else all lines that begin with a program. */
function commandsOf(block: string): readonly ShownCommand[] {
  const typed = block.split(/^\$ /m).slice(1);
  const texts = typed.length > 0 ? typed : block.split('\n').filter((line) => program.test(line));
  return texts.map((text) => {
    const [command, ...output] = text.trimEnd().split('\n');
    return { command: command!.replace(/ +# .*/, ''), output };
  });
}

/**
 * What a reader of a page does: writes the files and types the commands of its blocks, in their
 * order, then tries the commands in its sentences. The path of a file is in its first line, or in
 * the line before it.
 */
export function stepsOf(page: string): readonly PageStep[] {
  const steps: PageStep[] = [];
  const inSentences = new Set<string>();
  let before = '';
  const parts = /^```(\w*)\n([\s\S]*?)^```$|^((?: {4}.*\n|\n(?= {4}))+)|^(.+)$/gm;
  for (const [, language, fenced = '', indented, line] of read(page).matchAll(parts)) {
    if (indented !== undefined) steps.push(...commandsOf(indented.replaceAll(/^ {4}/gm, '')));
    else if (['', 'console', 'sh'].includes(language!)) steps.push(...commandsOf(fenced));
    else if (line === undefined) {
      const named =
        /^(?:#|\/\/) (\S+\.\w+)\n/.exec(fenced) ??
        /`([\w./-]+\.yaml)`[^`]*(?:`[^`]* [^`]*`)?:$/.exec(before);
      if (named !== null) steps.push({ file: named[1]!, text: fenced });
    } else
      for (const [, code] of line.matchAll(/`([^`]+)`/g))
        if (program.test(code!)) inSentences.add(code!);
    before = line ?? before;
  }
  return [
    ...steps,
    ...Array.from(inSentences, (command) => ({
      command: command.replaceAll('\\|', '|'),
      output: [],
    })),
  ];
}

/** Commands of pages that no test types, and why. Of Restage's own there is none. */
export const notTyped: readonly (readonly [RegExp, string])[] = [
  [
    /^npm (ci|test|run (lint|types|build|test:slow|test:long))$|^npm ci && |^node scripts\/test\.mjs /,
    'as `.ci/run` does',
  ],
  [
    /^npm (version|deprecate)|^git (commit|tag)|^node --import tsx --test /,
    'makes a release, and publishes',
  ],
  [/^npm install @modelcontextprotocol/, 'test/assistant.slow.ts does so'],
  [/^npm install \.\/restage-/, 'test/library.slow.ts packs and installs the package'],
  [/^npm install$/, 'the reader of README.md installs the package'],
  [/^npm pack( --dry-run)?$/, 'test/page-commands.long.ts packs beforehand'],
  [
    /^npm run pack:backend$|tfjs-backend-onnxruntime-/,
    'test/backend-package.slow.ts does so without the network',
  ],
  [
    /^npm install @tensorflow|^npm install webgpu|=cuda12|^scripts\/check-gpu/,
    'needs a GPU, or packages for one',
  ],
  [
    /^npm run (reference|gallery|site)$|^UPDATE_GOLDEN=1|write-study|reword-study/,
    'writes into the clone; tests compare what is there',
  ],
  [
    /^npm run (torture|bench|profile|build && )|^node --(import tsx (bench|scripts\/site|test\/torture)\/|cpu-prof)/,
    'measures, for up to hours',
  ],
  [/^(dvc|aws|eval) /, 'a program of others, which CI does not install'],
  [/^ssh -N -L 7341:127\.0\.0\.1:7341 node7$/, 'leads to another host'],
  [/^killall -9 node$/, 'would end every process of Node; test/orphans.slow.ts kills its own'],
  [/^python3 -c '…'$/, 'stands for any script'],
  [
    /^python3 -m http\.server$/,
    'serves until it is ended; test/sharing-web.slow.ts reads from one',
  ],
];
