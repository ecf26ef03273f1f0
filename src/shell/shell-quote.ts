const plain = /^[A-Za-z0-9_@%+:,./-]+$/;
/** Words that have a special meaning unless they are quoted, such as `-n` in bash's `[[ … ]]`. */
const reserved =
  /^(-[A-Za-z]{1,2}|if|then|elif|else|fi|for|while|until|do|done|case|esac|in|time|function|select|coproc)$/;

/**
 * A value as one word for `sh`, whatever it holds.
 *
 * Plain words stay bare, but for reserved ones; `=` is not plain, since a first word with it would be an assignment. A quoted
 * word never holds `${`, so a later replacement of `${inputs.x}` in the same command finds only what the user wrote there.
 */
export function shellQuote(value: string): string {
  return plain.test(value) && !reserved.test(value) ? value : `'${insideSingleQuotes(value)}'`;
}

/**
 * A value as part of a text in single quotes. These are closed and opened again within `${`, and between a backslash and a line
 * end, which bash would join if the quotes stand in a here-document.
 */
export function insideSingleQuotes(value: string): string {
  return value.replaceAll(/'|\\(?=\n)|\$(?=\{)/g, (found) => (found === "'" ? "'\\''" : `${found}''`));
}
