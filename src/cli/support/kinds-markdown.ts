import { markdownTable } from '../../markdown-table.ts';
import { type SettingRow, settingsOfKind } from '../../project/find-kind.ts';
import { backendNames } from '../../project/option-choices.ts';
import type { InputPort, KindSpec, OutputPort } from '../../stage.ts';

/** The page of all kinds, which is docs/kinds.md for the built-in ones. */
export function kindsMarkdown(specs: readonly KindSpec[]): string {
  const backends = backendNames.map(code).join(', ');
  const contents = specs.map(({ name, summary }) => [`[${name}](#${name})`, prose(summary)]);
  const paragraphs = [
    '# The kinds of stages',
    'The `kind` of a stage says what it does. An input is required unless it is marked optional; a list takes any number of artifacts; a path of your own can replace any artifact. An output is a folder, or a file with the given extension.',
    'Settings stand under `with`. `a.b` is `b` in the map `a`; `a[].b` is `b` in each item of a list; `a.*.b` is `b` in each value of a map. A setting without a default may be left out, unless it is required.',
    `Kinds that compute with tensors use the backend that \`--backend\` names: ${backends}.`,
    '`restage kinds --markdown` prints this page; in a project with its own kinds, these are included.',
    markdownTable(['kind', 'what it does'], contents),
    ...specs.map(sectionOf),
  ];
  return `${paragraphs.join('\n\n')}\n`;
}

export const kindMarkdown = (spec: KindSpec): string => `${sectionOf(spec)}\n`;

function sectionOf(spec: KindSpec): string {
  const { name, summary, inputs, outputs, openPorts, computes, example } = spec;
  const takes = Object.entries(inputs).map(([port, input]) => [
    code(port),
    showInput(input),
    prose(input.summary),
  ]);
  const gives = Object.entries(outputs).map(([port, made]) => [
    code(port),
    showOutput(made),
    prose(made.summary),
  ]);
  return [
    `## ${name}`,
    prose(summary),
    ...ports('Inputs', takes, openPorts !== undefined),
    ...ports('Outputs', gives, openPorts === true),
    '**Settings**',
    settingsTable(settingsOfKind(spec), 'setting'),
    ...(computes ? ['Computes with tensors.'] : []),
    `\`\`\`yaml\n${example.trim()}\n\`\`\``,
  ].join('\n\n');
}

export function settingsTable(rows: readonly SettingRow[], what: string): string {
  const cells = rows.map(({ path, type, fallback, summary }) => {
    const fallbackText = fallback === '—' || fallback === 'required' ? fallback : code(fallback);
    return [code(path), prose(type), fallbackText, prose(summary)];
  });
  return markdownTable([what, 'type', 'default', 'what it is'], cells);
}

function ports(
  title: string,
  rows: readonly (readonly string[])[],
  isOpen: boolean,
): readonly string[] {
  if (rows.length === 0) return isOpen ? [`**${title}**: any that the YAML declares`] : [];
  const further = isOpen ? ['And any others that the YAML declares.'] : [];
  return [`**${title}**`, markdownTable(['port', 'type', 'what it is'], rows), ...further];
}

export function showInput({ type, list, optional }: InputPort): string {
  return `${list ? 'list of ' : ''}${[type].flat().join(' or ')}${optional ? ', optional' : ''}`;
}

const showOutput = ({ type, extension }: OutputPort): string =>
  extension === undefined ? type : `${type}, \`${extension}\``;

const code = (text: string): string => `\`${text}\``;

/**
 * A plain text with code in backquotes as Markdown: outside the code, characters with a meaning in
 * Markdown are escaped.
 */
const prose = (text: string): string =>
  text
    .split(/(`[^`]*`)/)
    .map((part) =>
      part.startsWith('`') ? part : part.replaceAll('<', '&lt;').replaceAll('*', '\\*'),
    )
    .join('');
