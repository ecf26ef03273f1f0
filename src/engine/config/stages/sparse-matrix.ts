import { suggest } from '../../../suggest.ts';
import type { Report, Reporting } from '../../diagnostics/diagnostic.ts';
import {
  child,
  type Entry,
  itemsOf,
  type MapNode,
  type Node,
  withAbsentNulls,
} from '../yaml/node.ts';
import type { Axis, AxisValue, Combination } from './axis.ts';

/** Which combinations of a stage's matrix there are, by its `exclude` and `include`. */
export class SparseMatrix {
  /** The axes that the matrix has itself. */
  readonly names: readonly string[];
  readonly #excluded: readonly MapNode[];
  readonly #included: readonly MapNode[];

  /** An axis may be named like a rule: then its maps have an `id`. */
  constructor(matrix: ReadonlyMap<string, Entry>) {
    this.#excluded = rulesIn(matrix.get('exclude')?.value);
    this.#included = rulesIn(matrix.get('include')?.value);
    this.names = [...matrix.keys()].filter((key) => {
      if (key === 'exclude') return this.#excluded.length === 0;
      return key !== 'include' || this.#included.length === 0;
    });
  }

  /** The axes with the values that only `include` has. */
  widen({ report }: Reporting, axes: readonly Axis[]): readonly Axis[] {
    for (const row of this.#included) this.#checkRow(row, report);
    return axes.map((axis) => {
      // Whether the list has them is not known yet.
      if (axis.values[0]?.standsFor === 'unknown values') return axis;
      const values = new Map<string, AxisValue>(axis.values.map((value) => [value.label, value]));
      for (const row of this.#included) {
        const node = child(row, axis.name);
        const label = node && labelOf(node);
        if (label !== undefined && !values.has(label)) {
          values.set(label, { label, node: withAbsentNulls(node!), added: true });
        }
      }
      return { ...axis, values: [...values.values()] };
    });
  }

  #checkRow(row: MapNode, report: Report): void {
    for (const [name, { keyAt, value }] of row.entries) {
      if (!this.names.includes(name)) reportUnknown(name, keyAt, this.names, report);
      else if (labelOf(value) === undefined) {
        const message = `Expected a value of the axis "${name}", got a list or a map without an "id"`;
        report({ code: 'wrong-type', message, at: value.at });
      }
    }
    const missing = this.names.find((name) => !row.entries.has(name));
    if (missing !== undefined) {
      const message = `This combination lacks a value of the axis "${missing}"`;
      report({ code: 'missing-key', message, at: row.at });
    }
  }

  /** Reports what `exclude` names and the stage has not. `axes` are also those that it inherits. */
  checkAxes({ report }: Reporting, axes: readonly Axis[]): void {
    const names = axes.map(({ name }) => name);
    for (const rule of this.#excluded) {
      for (const [name, { keyAt, value }] of rule.entries) {
        const axis = axes.find((candidate) => candidate.name === name);
        const labels = axis?.values.map(({ label }) => label) ?? [];
        if (axis === undefined) reportUnknown(name, keyAt, names, report);
        const unknown = itemsOf(value).find((item) => !labels.includes(labelOf(item) ?? ''));
        const isOpen = axis?.values[0]?.standsFor !== undefined;
        if (axis === undefined || unknown === undefined || isOpen) continue;
        const label = labelOf(unknown) ?? '';
        const message = `The axis "${name}" has no value "${label}"`;
        report({ code: 'unknown-axis', message, at: unknown.at, hint: suggest(label, labels) });
      }
    }
  }

  /** The combinations that the stage has. */
  allowed(all: readonly Combination[]): readonly Combination[] {
    const hasRules = this.#excluded.length + this.#included.length > 0;
    return hasRules ? all.filter((combination) => this.#allows(combination)) : all;
  }

  #allows(combination: Combination): boolean {
    const isAgreeing = (rule: MapNode, names: Iterable<string>) =>
      [...names].every((name) => agrees(combination.get(name), child(rule, name)));
    if (this.#included.some((row) => isAgreeing(row, this.names))) return true;
    if (this.names.some((name) => combination.get(name)?.added)) return false;
    return !this.#excluded.some((rule) => isAgreeing(rule, rule.entries.keys()));
  }
}

function reportUnknown(
  name: string,
  at: Entry['keyAt'],
  known: readonly string[],
  report: Report,
): void {
  const message = `The matrix has no axis "${name}"`;
  report({ code: 'unknown-axis', message, at, hint: suggest(name, known) });
}

/** The maps of a list of maps without an `id`; none of anything else, which is an axis. */
function rulesIn(node: Node | undefined): readonly MapNode[] {
  if (node?.type !== 'list') return [];
  const maps = node.items.filter((item) => item.type === 'map' && !item.entries.has('id'));
  return maps.length === node.items.length ? (maps as readonly MapNode[]) : [];
}

function labelOf(node: Node): string | undefined {
  const scalar = child(node, 'id') ?? node;
  return scalar.type === 'scalar' && scalar.value !== null ? String(scalar.value) : undefined;
}

const agrees = (value: AxisValue | undefined, rule: Node | undefined): boolean =>
  value !== undefined && itemsOf(rule).some((item) => labelOf(item) === value.label);
