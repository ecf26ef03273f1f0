import { render } from 'preact';
import { useState } from 'preact/hooks';
import type { RunNotes } from '../run-page.ts';
import { isStatic } from './links.ts';
import { NoteDialog } from './note-dialog.tsx';
import { isWritable } from './post.ts';

const home = isStatic ? 'index.html' : '/';
const container = document.getElementById('notes');
if (container !== null) {
  const data: RunNotes = JSON.parse(document.getElementById('page-data')!.textContent);
  container.replaceChildren();
  render(<Notes {...data} />, container);
}

/** What is noted about the run of the page, and the form to change it. */
function Notes({ run, noted, knownTags }: RunNotes) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      {noted !== null && (
        <>
          {noted.name !== '' && <strong>{noted.name}</strong>}
          {noted.isPinned && <span class="tag">pinned</span>}
          {noted.isBaseline && <span class="tag">baseline</span>}
          {noted.tags.map((tag) => (
            <a key={tag} class="tag" href={`${home}?q=${encodeURIComponent(`tags="${tag}"`)}`}>
              {tag}
            </a>
          ))}
          {noted.note !== '' && <p class="note">{noted.note}</p>}
        </>
      )}
      {isWritable() && (
        <button type="button" onClick={() => setOpen(true)}>
          {noted === null ? 'Add a name, tags or a note' : 'Edit'}
        </button>
      )}
      {isOpen && (
        <NoteDialog
          subject={{ run }}
          label={noted?.name || run}
          noted={noted}
          knownTags={knownTags}
          close={(isSaved) => {
            setOpen(false);
            if (isSaved) location.reload();
          }}
        />
      )}
    </>
  );
}
