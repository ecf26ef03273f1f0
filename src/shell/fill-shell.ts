import { findPlaceholders, type Placeholder } from './placeholders.ts';
import { insideSingleQuotes, shellQuote } from './shell-quote.ts';

/** Why a value cannot stand safely at its placeholder. */
interface Fault {
  readonly message: string;
  readonly hint: string;
}

/** A value that cannot stand safely at its placeholder. */
export interface UnfitValue extends Fault {
  readonly placeholder: Placeholder;
}

/**
 * Fills placeholders with quoted values, a list as several words. In evaluated code (`sh -c "…"`)
 * only plain words fit.
 */
export function fillShell(
  text: string,
  valuesOf: (placeholder: Placeholder) => readonly string[] | undefined,
): { readonly text: string; readonly unfit: readonly UnfitValue[] } {
  const unfit: UnfitValue[] = [];
  let filled = '';
  let done = 0;
  for (const placeholder of findPlaceholders(text)) {
    const { start, end, before } = placeholder;
    const values = valuesOf(placeholder);
    if (values === undefined) continue;
    filled +=
      before === undefined ? text.slice(done, start) : text.slice(done, before.start) + before.text;
    done = end;
    const written = quoteFor(placeholder, values, text[end]);
    const fault = whyUnfit(placeholder, values, {
      written,
      before: filled,
      after: text.slice(end),
    });
    if (fault) unfit.push({ placeholder, ...fault });
    filled += written;
  }
  return { text: filled + text.slice(done), unfit };
}

/**
 * Writes values as the quotes around a placeholder demand. Within `"${…}"` bash looks for the end
 * of a process substitution after `>(`, though it runs none there.
 */
function quoteFor(
  { quoting }: Placeholder,
  values: readonly string[],
  next: string | undefined,
): string {
  const value = values.join(' ');
  const written: Readonly<Record<Placeholder['quoting'], string>> = {
    // A number right before a redirection would be a file descriptor.
    words:
      /^\d+$/.test(value) && /[<>]/.test(next ?? '')
        ? `'${value}'`
        : values.map(shellQuote).join(' '),
    word: shellQuote(value),
    pattern: `'${insideSingleQuotes(value)}'`, // always: `${x%@}` with `%` would be `${x%%}`
    double: /[\\"$`]|[<>](\(|$)|^\(/.test(value) ? `"${shellQuote(value)}"` : value,
    single: insideSingleQuotes(value),
    expansion: value.replaceAll(/[\\"$`}]/g, '\\$&').replaceAll(/[<>](?=\(|$)|^(?=\()/g, '$&""'),
    here: value.replaceAll(/[\\$`]/g, '\\$&'),
    literal: value,
  };
  return written[quoting];
}

function whyUnfit(
  placeholder: Placeholder,
  values: readonly string[],
  around: { readonly written: string; readonly before: string; readonly after: string },
): Fault | undefined {
  const { code, isUnknown, side, name, hereDocument } = placeholder;
  const reference = `"\${${side}.${name}}"`;
  if (code !== undefined) {
    const isHarmless = code === '$(( ))' ? /^-?\d[\w.]*$/ : /^[\w@%+:,./-]*$/;
    const wrong = values.find((value) => !isHarmless.test(value));
    if (wrong !== undefined)
      return isUnknown
        ? unfitForInput(reference, code, wrong)
        : unfitForCode(reference, code, wrong);
  }
  if (hereDocument === undefined) return undefined;
  const [first = '', ...lines] = around.written.split('\n');
  const lineStart = around.before.slice(around.before.lastIndexOf('\n') + 1);
  const lineEnd = /^[^\n]*/.exec(around.after)![0];
  const whole = [lineStart + first, ...lines];
  whole.push(whole.pop()! + lineEnd);
  const { delimiter, tabs } = hereDocument;
  if (whole.some((line) => (tabs ? line.replace(/^\t+/, '') : line) === delimiter)) {
    return {
      message: `The value of ${reference} ends the here-document`,
      hint: `Choose another word than ${delimiter}.`,
    };
  }
  const losesTabs =
    tabs &&
    (lines.some((line) => line.startsWith('\t')) ||
      (/^\t*$/.test(lineStart) && first.startsWith('\t')));
  if (!losesTabs) return undefined;
  return {
    message: `"<<-" removes tabs from the value of ${reference}`,
    hint: 'Write "<<", and no tabs before its lines.',
  };
}

const shortText = (value: string): string =>
  JSON.stringify(value.length > 60 ? `${value.slice(0, 59)}…` : value);

function unfitForInput(reference: string, program: string, value: string): Fault {
  const message = `${reference} is in the input of ${program}, which may run it as code, and ${shortText(value)} is not a plain word`;
  return {
    message,
    hint: `If ${program} only reads its input, write it through cat: cat << E | ${program}`,
  };
}

function unfitForCode(reference: string, code: string, value: string): Fault {
  const text = shortText(value);
  const name = reference.slice(1, -1);
  if (code === '$(( ))') {
    const message = `${reference} is inside arithmetic, and ${text} is not a number`;
    return { message, hint: 'Only a number is allowed there.' };
  }
  const assign = `Assign it to a variable first: v=${name}`;
  const late = `${assign}; ${code} '… "$v" …'`;
  const plain = 'Only letters, digits and _ @ % + : , . / - are allowed there.';
  const hints: Readonly<Record<string, string>> = {
    '`…`': 'Write $(…) instead of the backquotes.',
    "$'…'": `Close the quotes before it, and open them again after it: $'…'${name}$'…'`,
    '"${…}"': assign,
    '<<': 'Write it outside of the here-document around it.',
    eval: late,
    trap: late,
    alias: late,
    let: plain,
    read: plain,
    unset: plain,
    ssh: plain,
    su: plain,
    runuser: plain,
    sg: plain,
    watch: plain,
    parallel: plain,
    script: plain,
    flock: plain,
    env: plain,
    '.': `${assign}, and write "$v" there`,
    source: `${assign}, and write "$v" there`,
  };
  const message = `${reference} is inside code for ${code}, and ${text} is not a plain word`;
  return {
    message,
    hint: hints[code] ?? `Pass it as an argument: ${code} -c '… "$1" …' ${code} ${name}`,
  };
}
