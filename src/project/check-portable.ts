import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import type { LocatedStage } from '../engine/config/pipeline.ts';
import type { Diagnostic } from '../engine/diagnostics/diagnostic.ts';
import { type Places, placeOf } from '../engine/places/place-file.ts';
import { readKindSources } from '../engine/store/kind-build.ts';
import { formatFew } from '../format-numbers.ts';
import { sealFile } from '../seal-file.ts';
import type { LoadedKind } from './kinds/load-kinds.ts';
import type { Selection } from './selection.ts';

/**
 * The mistakes of stages that would run on a machine without the project's files, and read some
 * that they do not declare. What only running shows fails there, with the name of the missing file.
 */
export function checkPortable(
  { root, kinds, stages }: Selection,
  places: Places,
  on: string | undefined,
): readonly Diagnostic[] {
  const published = new Set(stages.flatMap(({ outputs }) => outputs.map(({ path }) => path)));
  return stages.flatMap((stage) => {
    const place = placeOf(stage, places, on);
    const kind = kinds.get(stage.kind);
    if (place?.engine !== 'ssh' || kind === undefined) return [];
    return obstacles(stage, kind, { root, published }).map(
      ({ message, hint }): Diagnostic => ({
        code: 'not-portable',
        message: `"${stage.name}" cannot run on "${place.name}", whose hosts have only what it declares: ${message}`,
        at: stage.at,
        hint: `${hint}, or give it \`place: local\`.`,
      }),
    );
  });
}

/** Why a stage cannot run elsewhere, as a clause, and what to do, as a sentence without its end. */
interface Obstacle {
  readonly message: string;
  readonly hint: string;
}

interface ProjectFiles {
  readonly root: string;
  /** Paths of outputs, relative to the root. */
  readonly published: ReadonlySet<string>;
}

function obstacles(
  stage: LocatedStage,
  { spec, module }: LoadedKind,
  files: ProjectFiles,
): readonly Obstacle[] {
  const { root } = files;
  const texts = (spec.shell ?? []).flatMap((name) => {
    const text = stage.settings[name];
    return typeof text === 'string' ? [text] : [];
  });
  const named = [...new Set(texts.flatMap((text) => filesNamedIn(text, files)))];
  const ofKind = module === undefined ? {} : (readKindSources(dirname(module)) ?? {});
  const packages = Object.keys(ofKind).filter((name) => ofKind[name] === '');
  const code = [
    ...Object.keys(ofKind).filter((name) => ofKind[name] !== ''),
    ...Object.keys(stage.code?.signatures ?? {}).map((path) => relative(root, path)),
  ];
  const outside = code.filter((path) => path.startsWith('../') || isAbsolute(path));
  const sealed = stage.inputs.flatMap(({ items }) =>
    items.flatMap((item) => (item.from === 'path' ? sealedIn(item.path, item.shown) : [])),
  );
  return [
    ...ifAny(named, 'its command names', 'Declare what it reads under `inputs`'),
    ...ifAny(packages, 'its kind imports the package', 'Copy what it needs into the project'),
    ...ifAny(outside, 'its code lies outside of the project, in', 'Move it into the project'),
    ...ifAny(sealed, 'sealed images do not leave this machine, as those of', 'Read other images'),
  ];
}

const ifAny = (names: readonly string[], what: string, hint: string): readonly Obstacle[] =>
  names.length === 0 ? [] : [{ message: `${what} ${formatFew(names, mostNames)}`, hint }];

const mostNames = 5;

const placeholder = /\$\{(?:inputs|outputs)\.[^{}]*\}/g;
const comment = /(^|\s)#.*$/gm;
/** What separates words of a shell text, whatever the quotes around them. */
const separators = /[\s"'`|&;<>()=,:$]+/;
/** Where the system has files on every machine. */
const ofSystem = /^\/(usr|bin|sbin|lib|lib64|etc|dev|proc|sys|opt|tmp)(\/|$)/;

/**
 * The words of a shell text that name files which are there and no inputs. A word without a slash
 * counts only as a file: `echo data` names no folder.
 */
function filesNamedIn(text: string, { root, published }: ProjectFiles): readonly string[] {
  const words = text.replaceAll(placeholder, ' ').replaceAll(comment, '').split(separators);
  return words.filter((word) => {
    const named = word.replace(/[*?[{].*$/, '');
    if (named === '' || /^[./~-]*$/.test(named)) return false;
    const path = resolve(root, named);
    const inside = relative(root, path);
    const isInside = !inside.startsWith('..') && inside !== '';
    if (isInside && published.has(inside)) return true;
    if (!isInside && (!isAbsolute(named) || ofSystem.test(path))) return false;
    const stats = statSync(path, { throwIfNoEntry: false });
    return stats !== undefined && (stats.isFile() || named.includes('/'));
  });
}

/** The name of an input folder, if a part of it has a seal, broken or not. */
function sealedIn(path: string, shown: string): readonly string[] {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return [];
  const parts = readdirSync(path, { withFileTypes: true }).filter((entry) => !entry.isFile());
  return parts.some(({ name }) => existsSync(join(path, name, sealFile))) ? [shown] : [];
}
