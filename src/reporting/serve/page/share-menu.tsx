import { useState } from 'preact/hooks';
import { copyText, noCopy } from './copy-text.ts';
import { useMenu } from './use-menu.ts';

interface ShareMenuProps {
  /** The command that writes what is shared as a folder; empty: nothing is chosen yet. */
  readonly command: string;
  /** What the folder would have. */
  readonly what: string;
  /** How something is chosen. */
  readonly how: string;
}

/** Says how what is shown becomes a folder that opens anywhere. */
export function ShareMenu({ command, what, how }: ShareMenuProps) {
  const [answer, setAnswer] = useState('');
  const menu = useMenu();
  const copy = async () => setAnswer((await copyText(command)) ? 'Copied.' : noCopy);
  return (
    <details class="chooser share" ref={menu}>
      <summary class="button">Share</summary>
      <div class="card padded">
        {command === '' ? (
          <p>{how}</p>
        ) : (
          <>
            <p>
              This command writes {what} as a folder that opens from a disk or any web server,
              without Restage:
            </p>
            <pre>{command}</pre>
            <p class="line">
              <button type="button" onClick={copy}>
                Copy the command
              </button>
              <span role="status">{answer}</span>
            </p>
          </>
        )}
      </div>
    </details>
  );
}
