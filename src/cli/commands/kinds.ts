import { findKinds, settingsOfKind, specNamed } from '../../project/find-kind.ts';
import { kindWarnings } from '../../project/kinds/load-kinds.ts';
import { backendNames } from '../../project/option-choices.ts';
import { wrapWords } from '../../reporting/terminal/text-layout.ts';
import { compare } from '../../sort-order.ts';
import type { KindSpec } from '../../stage.ts';
import { print, printWarnings, warnOnStderr } from '../support/command-error.ts';
import { kindMarkdown, kindsMarkdown, showInput } from '../support/kinds-markdown.ts';

const width = 80;

export async function kindsCommand(
  name: string | undefined,
  { markdown }: { readonly markdown?: boolean },
): Promise<void> {
  const loadedKinds = await findKinds(process.cwd(), warnOnStderr);
  const { kinds } = loadedKinds;
  if (name === undefined) {
    printWarnings(kindWarnings(loadedKinds, kinds.keys()));
    const specs = Array.from(kinds.values(), ({ spec }) => spec);
    if (markdown) return void process.stdout.write(kindsMarkdown(specs));
    const sorted = [...kinds].sort(([a], [b]) => compare(a, b));
    const lines = sorted.flatMap(([kind, { spec }]) => [kind, ...indented(spec.summary, 4)]);
    return print(lines.join('\n'));
  }
  const spec = specNamed(loadedKinds, name);
  process.stdout.write(markdown ? kindMarkdown(spec) : describeKind(spec));
}

function describeFallback(fallback: string): string {
  if (fallback === '—') return '';
  return fallback === 'required' ? ', required' : `, default ${fallback}`;
}

function describeKind(spec: KindSpec): string {
  const inputs = Object.entries(spec.inputs).map(([port, input]) =>
    item(port, showInput(input), input.summary),
  );
  const outputs = Object.entries(spec.outputs).map(([port, { type, summary }]) =>
    item(port, type, summary),
  );
  const settings = settingsOfKind(spec).map(({ path, type, fallback, summary }) => {
    return item(path, type + describeFallback(fallback), summary);
  });
  return [
    ...wrapWords(`${spec.name}: ${spec.summary}`, width),
    ...section('Inputs', inputs, spec.openPorts !== undefined),
    ...section('Outputs', outputs, spec.openPorts === true),
    ...section('Settings (under `with`)', settings),
    ...(spec.computes
      ? [
          '',
          ...wrapWords(`Computes on what \`--backend\` names: ${backendNames.join(', ')}`, width),
        ]
      : []),
    '',
    'Example',
    spec.example.trim().replaceAll(/^/gm, '  '),
    '',
  ].join('\n');
}

function item(name: string, takes: string, summary: string): readonly string[] {
  const [first, ...more] = wrapWords(`${name}: ${takes}`, width - 6);
  return [`  ${first}`, ...more.map((line) => `      ${line}`), ...indented(summary, 6)];
}

function indented(text: string, by: number): readonly string[] {
  return text === '' ? [] : wrapWords(text, width - by).map((line) => `${' '.repeat(by)}${line}`);
}

function section(
  title: string,
  items: readonly (readonly string[])[],
  open = false,
): readonly string[] {
  if (items.length === 0) return open ? ['', `${title}: any that the YAML declares`] : [];
  return ['', title, ...items.flat()];
}
