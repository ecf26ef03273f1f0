import type { Explanation } from '../../diagnostics/diagnostic.ts';

const quote = 'Put a text with special characters in quotes.';

/** The first pattern that matches the parser's code and message counts; `$1` is its first group. */
const explanations: readonly (readonly [pattern: RegExp, message: string, hint?: string])[] = [
  [/^NON_STRING_KEY/, 'A key must be a text, not a list or a map'],
  [/^TAG_RESOLVE_FAILED|^MULTIPLE_TAGS/, 'YAML tags are not supported here', quote],
  [
    /^BAD_DIRECTIVE|directives-end indicator/,
    'YAML directives are not supported here',
    'Remove the line with "%".',
  ],
  [/^TAB_AS_INDENT/, 'A tab is used for indentation', 'Indent with spaces.'],
  [/^KEY_OVER_1024_CHARS/, 'A key can have at most 1,024 characters'],
  [
    /^BAD_DQ_ESCAPE .*? (\\.?)/,
    'There is no escape sequence "$1"',
    'Write "\\\\" for a backslash, or use single quotes.',
  ],
  [
    /^BAD_SCALAR_START .*(\S)$/,
    'A text without quotes cannot begin with "$1"',
    'Put it in quotes.',
  ],
  [
    /end with a (\S)/,
    'A "$1" is missing here, or is too far to the left',
    'What begins with "{" or "[" ends with "}" or "]", and all its lines are indented further than its key.',
  ],
  [/Missing closing (["'])/, 'A text in quotes does not end: a closing $1 is missing'],
  [
    /Nested mappings|on same line with directives-end/,
    'A map cannot begin in the middle of a line',
    'Put a text that contains ": " in quotes. Begin a map on the next line, indented further than its key.',
  ],
  [
    /block-seq-ind on same line/,
    'A list cannot begin on the line of its key',
    'Begin it on the next line, or write it as [a, b].',
  ],
  [
    /All mapping items/,
    'This line is not in line with the keys above it',
    'Keys of one map begin in the same column.',
  ],
  [
    /All sequence items/,
    'This "-" is not in line with those above it',
    'Items of one list begin in the same column.',
  ],
  [/Sequence item without/, 'Expected an item of the list, which begins with "- "'],
  [
    /^MULTILINE_IMPLICIT_KEY|need to be followed by map values/,
    'Expected "key: value" on one line',
    'Put a text of several lines in quotes, or begin it with "|" and indent it further than its key.',
  ],
  [/Block scalar header|Not a YAML token/, 'Expected the text after "|" or ">" on the next line'],
  [
    /Block scalar/,
    'The lines of a text after "|" or ">" must be indented further than its key, all alike',
  ],
  [
    /^BLOCK_IN_FLOW|Missing , /,
    'Expected a comma between two items',
    'Inside { } and [ ], put a text that contains ": " or "- " in quotes.',
  ],
  [
    /Unexpected ,|Unexpected empty item/,
    'Expected an item, got a comma',
    'Remove one of the commas.',
  ],
  [/Missing space after :/, 'Expected a space after ":"'],
  [/Comments must be separated/, 'Expected a space before "#"', quote],
  [
    /flow-(?:map|seq)-end/,
    'This bracket closes nothing',
    `Remove it, or open one before it. ${quote}`,
  ],
  [
    /at node end/,
    'Unexpected text after the end of a value',
    `Put the whole text in quotes, or begin a new line.`,
  ],
  [
    /[Aa]nchor|[Aa]lias|^BAD_PROP_ORDER/,
    'Expected an anchor "&name" before a value, or an alias "*name" alone',
    quote,
  ],
];

/** An error of the YAML parser, as `CODE message`, in plain words. */
export function explainYamlError(text: string): Explanation {
  for (const [pattern, plain, hint] of explanations) {
    const match = pattern.exec(text);
    if (match) return { message: plain.replace('$1', () => match[1] ?? ''), hint };
  }
  return { message: 'This is not valid YAML', hint: quote };
}
