import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Noted, NotedSubject, NoteEdit } from '../../../engine/notes/note-lines.ts';
import { post } from './post.ts';

/** What is written about a subject, as the fields of the form have it. */
interface NoteFields {
  readonly name: string;
  readonly note: string;
  /** Separated by commas. */
  readonly tags: string;
  readonly isPinned: boolean;
  readonly isBaseline: boolean;
}

interface NoteDialogProps {
  readonly subject: NotedSubject;
  /** What the run or member is called now. */
  readonly label: string;
  readonly noted: Noted | null;
  /** Tags of other runs. */
  readonly knownTags: readonly string[];
  /** `isSaved`: the server took an edit. */
  close(isSaved: boolean): void;
}

/** The form of the name, tags and note of a run or member. Escape closes it. */
export function NoteDialog({ subject, label, noted, knownTags, close }: NoteDialogProps) {
  const box = useRef<HTMLDialogElement>(null);
  const before = fieldsOf(noted);
  const [fields, setFields] = useState(before);
  const [error, setError] = useState('');
  useEffect(() => box.current!.showModal(), []);
  const set = (part: Partial<NoteFields>) => setFields({ ...fields, ...part });
  const save = async () => {
    const edit = editBetween(before, fields);
    if (Object.keys(edit).length === 0) return close(false);
    const refusal = await post('/notes', { ...subject, ...edit });
    if (refusal === undefined) close(true);
    else setError(refusal);
  };
  return (
    <dialog
      ref={box}
      class="note-form card padded"
      aria-label={`Note about ${label}`}
      onClose={() => close(false)}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          save();
        }}
      >
        <h2>{label}</h2>
        <Texts fields={fields} set={set} knownTags={knownTags} />
        <p class="line">
          <Check isOn={fields.isPinned} turn={(isPinned) => set({ isPinned })}>
            Pinned: first in the table
          </Check>
          <Check isOn={fields.isBaseline} turn={(isBaseline) => set({ isBaseline })}>
            Baseline of its pipeline
          </Check>
        </p>
        {error !== '' && <p role="alert">{error}</p>}
        {noted !== null && (
          <p class="soft small">
            Edited {new Date(noted.last.time).toLocaleString('sv-SE').slice(0, 16)} by{' '}
            {noted.last.author}
            {!noted.last.isVouched && ', unsigned'}
          </p>
        )}
        <p class="line">
          <button type="submit">Save</button>
          <button type="button" onClick={() => box.current!.close()}>
            Cancel
          </button>
        </p>
      </form>
    </dialog>
  );
}

interface TextsProps {
  readonly fields: NoteFields;
  readonly knownTags: readonly string[];
  set(part: Partial<NoteFields>): void;
}

function Texts({ fields, knownTags, set }: TextsProps) {
  const tags = tagsIn(fields.tags);
  const others = knownTags.filter((tag) => !tags.includes(tag)).slice(0, 12);
  return (
    <>
      <label>
        Name
        <input
          value={fields.name}
          maxLength={100}
          onInput={({ currentTarget }) => set({ name: currentTarget.value })}
        />
      </label>
      <label>
        Tags, separated by commas
        <input
          value={fields.tags}
          onInput={({ currentTarget }) => set({ tags: currentTarget.value })}
        />
      </label>
      {others.length > 0 && (
        <p class="line">
          {others.map((tag) => (
            <button
              key={tag}
              type="button"
              class="tag"
              onClick={() => set({ tags: [...tags, tag].join(', ') })}
            >
              + {tag}
            </button>
          ))}
        </p>
      )}
      <label>
        Note
        <textarea
          rows={4}
          maxLength={4000}
          value={fields.note}
          onInput={({ currentTarget }) => set({ note: currentTarget.value })}
        />
      </label>
    </>
  );
}

interface CheckProps {
  readonly isOn: boolean;
  readonly children: ComponentChildren;
  turn(isOn: boolean): void;
}

const Check = ({ isOn, children, turn }: CheckProps) => (
  <label>
    <input
      type="checkbox"
      checked={isOn}
      onChange={({ currentTarget }) => turn(currentTarget.checked)}
    />{' '}
    {children}
  </label>
);

const fieldsOf = (noted: Noted | null): NoteFields => ({
  name: noted?.name ?? '',
  note: noted?.note ?? '',
  tags: noted?.tags.join(', ') ?? '',
  isPinned: noted?.isPinned ?? false,
  isBaseline: noted?.isBaseline ?? false,
});

const tagsIn = (text: string): readonly string[] => [
  ...new Set(
    text
      .split(',')
      .map((tag) => tag.trim())
      .filter(Boolean),
  ),
];

/** Only what changed, so that the edit of somebody else meanwhile stays. */
function editBetween(before: NoteFields, now: NoteFields): NoteEdit {
  const had = tagsIn(before.tags);
  const has = tagsIn(now.tags);
  const tag = has.filter((name) => !had.includes(name));
  const untag = had.filter((name) => !has.includes(name));
  return {
    ...(now.name !== before.name && { name: now.name }),
    ...(now.note !== before.note && { note: now.note }),
    ...(tag.length > 0 && { tag }),
    ...(untag.length > 0 && { untag }),
    ...(now.isPinned !== before.isPinned && { pin: now.isPinned }),
    ...(now.isBaseline !== before.isBaseline && { baseline: now.isBaseline }),
  };
}
