import { cutText } from '../../cut-text.ts';
import { formatCountOf } from '../../format-numbers.ts';
import {
  editNotes,
  type Noted,
  type NoteEdit,
  readNotes,
} from '../../project/history/run-notes.ts';
import { formatTable } from '../../reporting/terminal/text-layout.ts';
import { UsageError } from '../../user-error.ts';
import { print, printJson, warnOnStderr } from '../support/command-error.ts';
import { openHere } from '../support/open-here.ts';

interface NoteOptions {
  readonly name?: string;
  readonly tag: readonly string[];
  readonly untag: readonly string[];
  readonly pin?: boolean;
  readonly baseline?: boolean;
  readonly member?: string;
  readonly json?: boolean;
}

/** Characters of a note in the table. */
const mostOfNote = 60;

/** Edits what is noted about a run; without an edit, shows it. */
export async function noteCommand(words: readonly string[], options: NoteOptions): Promise<void> {
  const [run, ...texts] = words;
  const { name, tag, untag, pin, baseline, member } = options;
  const edit: NoteEdit = {
    ...(name !== undefined && { name }),
    ...(texts.length > 0 && { note: texts.join(' ') }),
    ...(tag.length > 0 && { tag }),
    ...(untag.length > 0 && { untag }),
    ...(pin !== undefined && { pin }),
    ...(baseline !== undefined && { baseline }),
  };
  const isEdit = Object.keys(edit).length > 0;
  const project = openHere();
  if (isEdit && run === undefined) throw new UsageError('Expected a run, such as last');
  if (isEdit) {
    const noted = await editNotes(project, { word: run!, axes: member }, edit);
    return options.json === true ? printJson(noted) : print(describe(noted));
  }
  const { noted, damaged } = readNotes(project, run);
  if (damaged.length > 0)
    warnOnStderr(`no notes, so they are ignored: ${damaged.slice(0, 5).join(', ')}`);
  if (options.json === true) return printJson(noted);
  if (noted.length === 0)
    return print(run === undefined ? 'Nothing is noted yet.' : 'Nothing is noted about this run.');
  if (run !== undefined) return print(noted.map(describe).join('\n\n'));
  print(
    formatTable(
      ['run', 'pipeline', 'name', 'tags', 'note', 'by'],
      noted.map((row) => [
        labelOf(row),
        row.pipeline,
        [row.name, marksOf(row)].filter(Boolean).join(' '),
        row.tags.join(', '),
        cutText(row.note.replace(/\s+/g, ' '), mostOfNote),
        row.last.author,
      ]),
    ).join('\n'),
  );
  const elsewhere = noted.filter(({ isHere }) => !isHere).length;
  if (elsewhere > 0) print(`${formatCountOf(elsewhere, 'row')} of runs that are not here`);
}

const labelOf = ({ run, member }: Noted): string =>
  member === undefined ? run : `${run} ${member}`;

const marksOf = ({ isPinned, isBaseline }: Noted): string =>
  [isPinned && '(pinned)', isBaseline && '(baseline)'].filter(Boolean).join(' ');

/** Everything that is noted about a run or member, a line each. */
function describe(noted: Noted): string {
  const { pipeline, name, note, tags, last } = noted;
  const author = last.isVouched ? last.author : `${last.author}, unsigned`;
  return [
    `${labelOf(noted)} of ${pipeline}`,
    name !== '' && `  name: ${name}`,
    tags.length > 0 && `  tags: ${tags.join(', ')}`,
    marksOf(noted) !== '' && `  ${marksOf(noted)}`,
    note !== '' && `  ${note.replaceAll('\n', '\n  ')}`,
    `  edited ${last.time.slice(0, 16).replace('T', ' ')} UTC by ${author}`,
  ]
    .filter((line) => line !== false)
    .join('\n');
}
