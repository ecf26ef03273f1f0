import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { makeFolder } from '../../engine/files/new-path.ts';
import { Notes } from '../../engine/notes/notes.ts';
import type { PastRun } from '../../reporting/history/past-run.ts';
import { filterRows } from '../../reporting/serve/filter-query.ts';
import { membersOf } from '../../reporting/serve/run-members.ts';
import { openSources } from '../../reporting/serve/serve.ts';
import { writeStaticFolder } from '../../reporting/serve/static-folder.ts';
import { UsageError } from '../../user-error.ts';
import { fillDefaults } from '../kinds/fill-defaults.ts';
import type { OpenedProject } from '../opened-project.ts';
import { mistake } from '../pipeline-error.ts';
import { findRun } from './find-run.ts';

/** More runs or members than this are no comparison that anybody reads. */
const mostCompared = 200;
/** The most runs whose scores are read, so that tests against a baseline are possible. */
const mostTested = 10;

/** What was written. */
export interface SharedPages {
  readonly runs: number;
  readonly compared: number;
  readonly images: number;
}

/** What goes into a folder of pages. */
export interface SharedChoice {
  /** A list of runs, such as `last,last~1`, or a filter as the page of runs has it. */
  readonly runs: string;
  /** A filter of images, as their page has it; absent: no images. */
  readonly images?: string | undefined;
}

/** Writes runs, their comparison and images as pages in a new folder that needs no server. */
export async function shareRuns(
  { root, folder, env, warn }: OpenedProject,
  { runs: text, images }: SharedChoice,
  to: string,
): Promise<SharedPages> {
  const target = resolve(folder, to);
  if (existsSync(target))
    throw new UsageError(`${to} is there already: name another folder, or remove it`);
  const options = { root, fill: fillDefaults, env, warn };
  const sources = openSources(options);
  const { ids, columns } = await sources.index.wholeTable('runs');
  const named = namedRuns(text, sources.store.runs());
  const chosen = named ?? filterRows(columns, ids.length, text).rows.map((row) => ids[row]!);
  const ended = sources.index
    .runs()
    .filter(({ id, record }) => chosen.includes(id) && record !== undefined);
  if (ended.length === 0)
    throw mistake(
      'unknown-run',
      `No run that has ended matches ${text}`,
      '`restage history` lists all.',
    );
  const compared = comparedOf(ended);
  const base = compared.length <= mostTested ? baselineOf(compared, new Notes(root)) : undefined;
  const runs = ended.map(({ id }) => id);
  const content = { runs, compared, base, images };
  let written = 0;
  await makeFolder(target, async (path) => {
    written = await writeStaticFolder(path, content, options);
  });
  return { runs: runs.length, compared: compared.length, images: written };
}

/** The ids of a list of runs; undefined for a filter. */
function namedRuns(
  text: string,
  runs: Parameters<typeof findRun>[1],
): readonly string[] | undefined {
  const found = text.split(',').map((word) => findRun(word.trim(), runs)?.id);
  return found.includes(undefined) ? undefined : (found as string[]);
}

/** The members of the runs' matrices, or the runs themselves where these are too many. */
function comparedOf(runs: readonly PastRun[]): readonly string[] {
  const members = runs.flatMap(membersOf).map(({ id }) => id);
  const rows = members.length <= mostCompared ? members : runs.map(({ id }) => id);
  return rows.slice(0, mostCompared);
}

/** The run that somebody made the baseline, or else the oldest one. */
function baselineOf(compared: readonly string[], notes: Notes): string | undefined {
  const marked = compared.find((run) => notes.of({ run })?.isBaseline === true);
  return compared.length < 2 ? undefined : (marked ?? compared.at(-1));
}
