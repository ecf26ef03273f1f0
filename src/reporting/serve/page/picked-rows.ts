/**
 * Rows that were picked, as an address holds them: `3,7-120`, or `~` and a bit for each row where
 * that is shorter. Thousands of rows fit into it, and a server takes 16 KiB.
 */
export function picksText(rows: readonly number[]): string {
  const sorted = rows.toSorted((a, b) => a - b);
  const ranges: string[] = [];
  for (let i = 0; i < sorted.length; i++) {
    const first = sorted[i]!;
    while (sorted[i + 1] === sorted[i]! + 1) i += 1;
    ranges.push(sorted[i] === first ? `${first}` : `${first}-${sorted[i]}`);
  }
  const text = ranges.join();
  const last = sorted.at(-1) ?? 0;
  const bitsLength = Math.ceil(((last + 1) / 8) * (4 / 3));
  return text.length <= bitsLength + 3 ? text : bitsText(sorted, last);
}

/** The rows that such a text names; what is none of it names none. */
export function picksIn(text: string): readonly number[] {
  if (text.startsWith('~')) return bitsIn(text.slice(1));
  return text.split(',').flatMap((part) => {
    const [, from, to = from] = /^(\d+)(?:-(\d+))?$/.exec(part) ?? [];
    const first = Number(from);
    const last = Number(to);
    if (!(last - first < mostRows)) return [];
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}

/** A longer range in an address is none that a page wrote. */
const mostRows = 10_000_000;

/** The bits of the rows in base64 with the letters that addresses take. */
function bitsText(rows: readonly number[], last: number): string {
  const bytes = new Uint8Array((last >> 3) + 1);
  for (const row of rows) bytes[row >> 3]! |= 1 << (row & 7);
  const letters = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
  return `~${btoa(letters).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')}`;
}

function bitsIn(text: string): readonly number[] {
  try {
    const bytes = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
    return Array.from({ length: 8 * bytes.length }, (_, row) => row).filter(
      (row) => (bytes.charCodeAt(row >> 3) >> (row & 7)) & 1,
    );
  } catch {
    return [];
  }
}
