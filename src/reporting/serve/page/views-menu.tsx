import { useEffect, useState } from 'preact/hooks';
import type { SavedView } from '../saved-views.ts';
import type { ViewsData } from '../views-page.ts';
import { isWritable, post } from './post.ts';
import { useMenu } from './use-menu.ts';

interface ViewsMenuProps {
  /** The view that the table shows now. */
  readonly now: SavedView;
  show(view: SavedView): void;
}

/** The views that a team shares: to show one, and to save the present one under a name. */
export function ViewsMenu({ now, show }: ViewsMenuProps) {
  const [data, setData] = useState<ViewsData>({ views: [], problem: '' });
  const menu = useMenu();
  const load = async () => {
    const answer = await fetch('/views.json').catch(() => undefined);
    if (answer?.ok) setData(await answer.json());
  };
  useEffect(() => {
    load();
  }, []);
  const current = data.views.find(([, view]) => isSame(view, now))?.[0] ?? '';
  if (!isWritable() && data.views.length === 0 && data.problem === '') return null;
  return (
    <details class="chooser" ref={menu}>
      <summary class="button">{current === '' ? 'Views' : `View: ${current}`}</summary>
      <div class="card padded">
        {data.problem !== '' && <pre role="alert">{data.problem}</pre>}
        {data.views.length === 0 && data.problem === '' && (
          <p class="soft">No view is saved yet. All who have this project see the saved ones.</p>
        )}
        <ul>
          {data.views.map(([name, view]) => (
            <li key={name}>
              <button
                type="button"
                aria-pressed={name === current}
                onClick={() => {
                  show(view);
                  menu.current!.open = false;
                }}
              >
                {name}
              </button>
            </li>
          ))}
        </ul>
        {isWritable() && <SaveForm key={current} now={now} current={current} saved={load} />}
      </div>
    </details>
  );
}

interface SaveFormProps {
  readonly now: SavedView;
  /** The name of the view that the table shows; empty: of none. */
  readonly current: string;
  saved(): void;
}

/** Saves the present view in `views.yaml`, or removes a view. */
function SaveForm({ now, current, saved }: SaveFormProps) {
  const [name, setName] = useState(current);
  const [error, setError] = useState('');
  const send = async (view: SavedView | null) => {
    const refusal = await post('/views', { name: view === null ? current : name, view });
    setError(refusal ?? '');
    if (refusal === undefined) saved();
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (name.trim() !== '') send(now);
      }}
    >
      <label>
        Save this view as{' '}
        <input
          value={name}
          maxLength={100}
          onInput={({ currentTarget }) => setName(currentTarget.value)}
        />
      </label>
      <p class="line">
        <button type="submit">Save</button>
        {current !== '' && (
          <button type="button" onClick={() => send(null)}>
            Remove {current}
          </button>
        )}
      </p>
      {error !== '' && <p role="alert">{error}</p>}
    </form>
  );
}

const isSame = (a: SavedView, b: SavedView): boolean =>
  a.rows === b.rows &&
  a.filter === b.filter &&
  a.sort === b.sort &&
  a.columns.join('\n') === b.columns.join('\n');
