import { type Noted, type NoteEdit, parseRequest } from '../../engine/notes/note-lines.ts';
import { longest, mostTags } from '../../engine/notes/note-text.ts';
import { Notes } from '../../engine/notes/notes.ts';
import { LocalStore } from '../../engine/store/local-store.ts';
import { pastRun } from '../../reporting/history/past-run.ts';
import { membersOf } from '../../reporting/serve/run-members.ts';
import { compare } from '../../sort-order.ts';
import { UsageError } from '../../user-error.ts';
import type { OpenedProject } from '../opened-project.ts';
import { mistake } from '../pipeline-error.ts';
import { findRun } from './find-run.ts';

export type { Noted, NoteEdit };

/** What is noted about the runs of a project. */
export interface ProjectNotes {
  /** Of runs that are here, the newest first; then of runs that are elsewhere. */
  readonly noted: readonly (Noted & { readonly isHere: boolean })[];
  /** Lines of files that are no notes, as `notes/anna.jsonl:3`. */
  readonly damaged: readonly string[];
}

/** Reads all notes, or those of the run that a word names and of its members. */
export function readNotes({ root, warn }: OpenedProject, word?: string): ProjectNotes {
  const notes = new Notes(root, warn);
  const runs = new LocalStore(root, warn).runs();
  const here = new Set(runs.map(({ id }) => id));
  const all = [...notes.noted.values()].map((noted) => ({ ...noted, isHere: here.has(noted.run) }));
  const run = word === undefined ? undefined : (findRun(word, runs)?.id ?? word);
  const wanted = all.filter((noted) => run === undefined || noted.run === run);
  if (run !== undefined && !here.has(run) && wanted.length === 0) throw unknownRun(run);
  const newestFirst = wanted.toSorted((a, b) => -compare(a.run, b.run));
  return {
    noted: newestFirst.toSorted((a, b) => Number(b.isHere) - Number(a.isHere)),
    damaged: notes.damaged,
  };
}

/**
 * Appends an edit about a run, or about the member of its matrix that `axes` name, such as
 * `seed=7`. Returns what is noted then. Throws a `PipelineError` for an unknown run or member.
 */
export async function editNotes(
  { root, env, warn }: OpenedProject,
  { word, axes }: { readonly word: string; readonly axes?: string | undefined },
  edit: NoteEdit,
): Promise<Noted> {
  const runs = new LocalStore(root, warn).runs();
  const folder = findRun(word, runs);
  const run = folder && pastRun(folder);
  if (run === undefined) throw unknownRun(word);
  const member = axes === undefined ? undefined : memberNamed(axes, membersOf(run));
  const subject = { run: run.id, ...(member !== undefined && { member }) };
  if (parseRequest({ ...subject, ...edit }) === undefined) {
    throw new UsageError(
      `A name takes ${longest.name} characters, a note ${longest.note}, a tag ${longest.tag}, and one edit ${mostTags} tags`,
    );
  }
  const notes = new Notes(root, warn);
  await notes.edit({ ...subject, pipeline: run.pipeline }, edit, env);
  return notes.of(subject)!;
}

/** The label of the only member that has all of these axes. */
function memberNamed(axes: string, members: ReturnType<typeof membersOf>): string {
  const labels = members.flatMap(({ member }) => member ?? []);
  const wanted = axes.split(/,(?=[^,=]+=)/);
  const partsOf = (label: string) => new Set(label.split(/,(?=[^,=]+=)/));
  const matches = labels.filter((label) => wanted.every((axis) => partsOf(label).has(axis)));
  const [label, ...others] = matches;
  if (label !== undefined && others.length === 0) return label;
  const which = matches.length === 0 ? 'none' : `${matches.length} of them`;
  const message = `"${axes}" names ${which} of the ${labels.length} members of this run`;
  const hint = labels.length > 0 ? `Such as ${labels[0]}` : 'It has no matrix.';
  throw mistake('unknown-name', message, hint);
}

const unknownRun = (word: string) =>
  mistake('unknown-run', `There is no run ${word}`, '`restage history` lists all.');
