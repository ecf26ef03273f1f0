// The walls of ARCHITECTURE.md, checked by `npm run lint`: which room may import which, no circles
// among files or among the parts of a folder (imports of types included), and no heavy library in
// what `plan` loads.
import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { globSync } from 'tinyglobby';
import ts from 'typescript';
import { inRepository } from './generated-files.ts';

/**
 * What the modules of a room may import besides their own room; the first room that a path belongs
 * to is its room.
 */
const rooms: readonly {
  readonly name: string;
  readonly holds: RegExp;
  readonly mayImport: readonly string[];
  /** Files of further rooms that it may import, too. */
  readonly doors?: RegExp;
}[] = [
  // A command is a client of the library. Of what is behind that, it may import only how things
  // read: text on a terminal, the words of states and those of mistakes.
  {
    name: 'cli',
    holds: /^src\/cli\//,
    mayImport: ['project', 'shared'],
    doors: /^src\/(reporting\/(terminal\/.+|states)|engine\/diagnostics\/format-diagnostic)\.ts$/,
  },
  {
    name: 'project',
    holds: /^src\/project\//,
    mayImport: ['table of kinds', 'reporting', 'engine', 'learning', 'backend', 'shared'],
  },
  { name: 'reporting', holds: /^src\/reporting\//, mayImport: ['engine', 'learning', 'shared'] },
  { name: 'engine', holds: /^src\/engine\//, mayImport: ['shared'] },
  { name: 'learning', holds: /^src\/learning\//, mayImport: ['backend', 'shared'] },
  { name: 'backend', holds: /^src\/backend\//, mayImport: [] },
  {
    name: 'package',
    holds: /^src\/index\.ts$/,
    mayImport: ['project', 'reporting', 'learning', 'shared'],
  },
  // The backend counts cores and memory for all.
  { name: 'shared', holds: /^src\/(shell\/)?[^/]+$/, mayImport: ['backend'] },
  { name: 'table of kinds', holds: /^stages\/[^/]+$/, mayImport: ['kind', 'shared'] },
  { name: 'kind', holds: /^stages\//, mayImport: ['learning', 'backend', 'shared'] },
];

/**
 * Libraries that take long to load. Only what a stage runs may load them, and what loads on demand.
 */
const heavy = /^(@tensorflow\/|onnxruntime-node|sharp|vega|vega-lite|@resvg\/|h5wasm|esbuild)/;

const shipped = ['{src,stages}/**/*.{ts,tsx}', '!**/*.{test,slow,long}.ts', '!**/testing-*.ts'];
const files = globSync(shipped, { cwd: inRepository('.') });

interface Import {
  readonly path: string; // of a file of ours, or the name of a package
  readonly loadsAtOnce: boolean; // not a type, not `await import(...)`
}

const known = new Set(files);
const imports = new Map<string, readonly Import[]>(files.map((file) => [file, importsOf(file)]));

function importsOf(file: string): Import[] {
  const source = ts.createSourceFile(
    file,
    readFileSync(inRepository(file), 'utf8'),
    ts.ScriptTarget.Latest,
  );
  const imports: Import[] = [];
  const add = (literal: ts.Node | undefined, loadsAtOnce: boolean): void => {
    if (literal === undefined || !ts.isStringLiteral(literal)) return;
    const path = literal.text.startsWith('.')
      ? normalize(join(dirname(file), literal.text))
      : literal.text;
    imports.push({ path, loadsAtOnce });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node))
      add(node.moduleSpecifier, node.importClause?.isTypeOnly !== true);
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, !node.isTypeOnly);
    else if (ts.isImportTypeNode(node))
      add(ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined, false);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      add(node.arguments[0], false);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return imports;
}

const ours = (file: string): string[] =>
  imports.get(file)!.flatMap(({ path }) => (known.has(path) ? [path] : []));

function* brokenWalls(): Generator<string> {
  const roomOf = (file: string) => rooms.find(({ holds }) => holds.test(file))!;
  const folderOfKind = (file: string) => file.split('/', 2).join('/');
  for (const file of files)
    for (const path of ours(file)) {
      const here = roomOf(file);
      const there = roomOf(path);
      const allowed =
        here === there
          ? here.name !== 'kind' || folderOfKind(file) === folderOfKind(path)
          : here.mayImport.includes(there.name) || here.doors?.test(path) === true;
      if (!allowed)
        yield `${file} imports ${path}: ${here.name} may not import ${here === there ? 'another kind' : there.name}.`;
    }
}

/** Every circle among nodes as the shortest way around from one of them (breadth first). */
function* circles(
  nodes: readonly string[],
  next: (node: string) => Iterable<string>,
): Generator<string> {
  const reported = new Set<string>();
  for (const start of nodes) {
    const cameFrom = new Map<string, string>();
    const queue = [start];
    for (const node of queue)
      for (const reached of next(node))
        if (!cameFrom.has(reached)) {
          cameFrom.set(reached, node);
          queue.push(reached);
        }
    if (!cameFrom.has(start) || reported.has(start)) continue;
    const way = [start];
    do way.unshift(cameFrom.get(way[0]!)!);
    while (way[0] !== start);
    for (const node of way) reported.add(node);
    yield `A circle of imports: ${way.join(' → ')}`;
  }
}

/**
 * Imports among the parts of a folder: its subfolders, and its own files, which count together as
 * one part, `folder/*`. So a folder's own files lie below its subfolders or above them: where some
 * were needed by a subfolder and others needed it, nobody could say which of them to read first.
 * The own files of `src/` and `stages/` are rooms, which the table above orders.
 */
function* folderCircles(): Generator<string> {
  const reached = new Map<string, Set<string>>();
  for (const file of files)
    for (const path of ours(file)) {
      const folder = sharedFolder(file, path);
      if (folder === '') continue; // `src` and `stages` are no siblings
      const from = partOf(folder, file);
      const to = partOf(folder, path);
      const isRoom = folder === 'src' || folder === 'stages';
      if (from === to || (isRoom && (isOwnFiles(from) || isOwnFiles(to)))) continue;
      reached.set(from, (reached.get(from) ?? new Set()).add(to));
    }
  yield* circles([...reached.keys()], (part) => reached.get(part) ?? []);
}

/** The lowest folder that holds both files; empty for the repository's root. */
function sharedFolder(file: string, path: string): string {
  const here = dirname(file).split('/');
  const there = dirname(path).split('/');
  const end = here.findIndex((name, index) => name !== there[index]);
  return (end < 0 ? here : here.slice(0, end)).join('/');
}

/** The part of a folder in which a file lies: a subfolder, or the folder's own files. */
function partOf(folder: string, file: string): string {
  const [name, ...below] = file.slice(folder.length + 1).split('/');
  return below.length === 0 ? `${folder}/*` : `${folder}/${name}`;
}

const isOwnFiles = (part: string): boolean => part.endsWith('/*');

/** What `plan` and `--help` load at once must not reach a heavy library. */
function* heavyLoads(): Generator<string> {
  for (const start of ['src/cli/main.ts', ...files.filter((file) => file.endsWith('/spec.ts'))]) {
    const cameFrom = new Map<string, string | undefined>([[start, undefined]]);
    for (const [file] of cameFrom)
      for (const { path, loadsAtOnce } of imports.get(file)!) {
        if (!loadsAtOnce) continue;
        if (known.has(path) && !cameFrom.has(path)) cameFrom.set(path, file);
        if (heavy.test(path)) {
          const way = [file];
          for (let back = cameFrom.get(file); back !== undefined; back = cameFrom.get(back))
            way.unshift(back);
          yield `${way.join(' → ')} loads ${path}, which takes long: import it where a stage runs.`;
        }
      }
  }
}

/** ONNX Runtime reports to its makers, unless it is loaded by the file that prevents it. */
function* pastTheDoor(): Generator<string> {
  const door = 'src/backend/packages/onnx-runtime.ts';
  for (const [file, found] of imports)
    if (file !== door && found.some(({ path }) => path.startsWith('onnxruntime-node')))
      yield `${file} imports onnxruntime-node, which only ${door} may: it switches its telemetry off.`;
}

/** What a spec of a project's own kind loads by importing 'restage': nothing of the library. */
function* loadedBySpecs(): Generator<string> {
  const reached = new Set(['src/index.ts']);
  for (const file of reached)
    for (const { path, loadsAtOnce } of imports.get(file)!)
      if (loadsAtOnce && known.has(path)) reached.add(path);
  const allowed = /^src\/(project\/pipeline-error|engine\/diagnostics\/diagnostic)\.ts$/;
  for (const file of reached)
    if (/^src\/(project|engine|reporting|cli)\//.test(file) && !allowed.test(file))
      yield `src/index.ts loads ${file} at once: every spec of an own kind would load it.`;
}

const mistakes = [
  ...brokenWalls(),
  ...circles(files, (file) => ours(file)),
  ...folderCircles(),
  ...heavyLoads(),
  ...loadedBySpecs(),
  ...pastTheDoor(),
];
for (const mistake of mistakes) console.error(mistake);
process.exitCode = mistakes.length === 0 ? 0 : 1;
