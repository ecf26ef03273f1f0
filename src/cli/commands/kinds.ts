import { backendNames } from '../../backend/backend-names.ts';
import { describeSettings } from '../../config/describe-settings.ts';
import { findRoot } from '../../config/find-root.ts';
import { suggest } from '../../diagnostics/suggest.ts';
import { formatTable } from '../../reporters/format-table.ts';
import type { InputPort, KindSpec } from '../../stage.ts';
import { exitCodes } from '../exit-codes.ts';
import { kindWarnings, loadKinds } from '../load-kinds.ts';
import { packageRoot } from '../package-info.ts';
import { printMistakes, printWarnings } from '../print-mistakes.ts';

/** `pipeline kinds`: the table of kinds, or one kind's settings, ports and example. */
export async function kindsCommand(name: string | undefined): Promise<number> {
  const own = await loadKinds(findRoot(process.cwd()) ?? packageRoot);
  const { kinds, unloaded } = own;
  if (name === undefined) {
    printWarnings(kindWarnings(own, kinds.keys()));
    const rows = [...kinds].sort(([a], [b]) => (a < b ? -1 : 1)).map(([kind, { spec }]) => [kind, spec.summary]);
    process.stdout.write(`${formatTable(['kind', 'what it does'], rows).join('\n')}\n`);
    return exitCodes.ok;
  }
  const kind = kinds.get(name);
  if (kind === undefined) {
    const hint = suggest(name, kinds.keys());
    return printMistakes([
      unloaded.get(name) ?? {
        code: 'unknown-kind',
        message: `There is no kind "${name}"`,
        ...(hint !== undefined && { hint }),
      },
    ]);
  }
  process.stdout.write(describeKind(kind.spec));
  return exitCodes.ok;
}

function describeKind(spec: KindSpec): string {
  const inputs = Object.entries(spec.inputs).map(([port, input]) => [port, describeType(input), input.summary]);
  const outputs = Object.entries(spec.outputs).map(([port, { type, summary }]) => [port, type, summary]);
  const settings = describeSettings(spec.settings).map(({ path, type, fallback, summary }) => [
    path,
    type,
    fallback,
    summary,
  ]);
  return [
    `${spec.name}: ${spec.summary}`,
    ...section('Inputs', ['port', 'takes', ''], inputs, spec.openPorts),
    ...section('Outputs', ['port', 'type', ''], outputs, spec.openPorts),
    ...section('Settings (under `with`)', ['setting', 'type', 'default', ''], settings),
    ...(spec.computes ? ['', `Computes on what \`--backend\` names: ${backendNames.join(', ')}`] : []),
    '',
    'Example',
    ...spec.example
      .trim()
      .split('\n')
      .map((line) => `  ${line}`),
    '',
  ].join('\n');
}

function section(
  title: string,
  columns: readonly string[],
  rows: readonly (readonly string[])[],
  open = false,
): readonly string[] {
  if (rows.length === 0) return open ? ['', `${title}: any that the YAML declares`] : [];
  return ['', title, ...formatTable(columns, rows).map((line) => `  ${line}`)];
}

function describeType({ type, list, optional }: InputPort): string {
  const types = typeof type === 'string' ? type : type.join(' or ');
  return `${list ? 'list of ' : ''}${types}${optional ? ', optional' : ''}`;
}
