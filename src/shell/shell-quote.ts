const plain = /^[A-Za-z0-9_@%+:,./-]+$/;
/** Words that have a special meaning unless they are quoted, such as `-n` in bash's `[[ … ]]`. */
const reserved =
  /^(-[A-Za-z]{1,2}|if|then|elif|else|fi|for|while|until|do|done|case|esac|in|time|function|select|coproc)$/;

/**
 * A value as one word for `sh`. It never holds `${`, so that a later replacement finds only what
 * the user wrote.
 */
export function shellQuote(value: string): string {
  return plain.test(value) && !reserved.test(value) ? value : `'${insideSingleQuotes(value)}'`;
}

/**
 * A command for `sh`: a program and its arguments, in which neither `=` nor reserved words have a
 * meaning.
 */
export const shellCommand = (program: string, words: readonly string[]): string =>
  [program, ...words]
    .map((word) => (/^[A-Za-z0-9_@%+:,./=-]+$/.test(word) ? word : shellQuote(word)))
    .join(' ');

/**
 * A value inside single quotes, which close within `${`, between backslash and line end (bash joins
 * these), and within `>(`: inside `"${x#…}"` bash looks for the end of a process substitution.
 */
export function insideSingleQuotes(value: string): string {
  return value.replaceAll(/'|\\(?=\n)|\$(?=\{)|[<>](?=\(|$)/g, (match) =>
    match === "'" ? "'\\''" : `${match}''`,
  );
}
