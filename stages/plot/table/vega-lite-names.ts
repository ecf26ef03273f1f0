import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** A definition in Vega-Lite's JSON schema, as far as names go. */
interface Definition {
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, Definition>>;
  readonly items?: Definition;
  readonly anyOf?: readonly Definition[];
  readonly enum?: readonly string[];
  readonly const?: string;
}

export type VegaLiteNames = ReturnType<typeof vegaLiteNames>;

/**
 * The names that the installed Vega-Lite knows, from its schema, sorted. Only names are taken from it: a validator's errors for
 * its nested alternatives name hundreds of them, and compiling one takes seconds.
 */
export function vegaLiteNames() {
  const file = createRequire(import.meta.url).resolve('vega-lite/vega-lite-schema.json');
  const { definitions }: { readonly definitions: Readonly<Record<string, Definition>> } = JSON.parse(
    readFileSync(file, 'utf8'),
  );
  const expand = (one: Definition): readonly Definition[] =>
    one.$ref !== undefined
      ? expand(definitions[decodeURIComponent(one.$ref.replace('#/definitions/', ''))]!)
      : [one, ...[...(one.anyOf ?? []), ...(one.items === undefined ? [] : [one.items])].flatMap(expand)];
  const sorted = (names: readonly string[]): readonly string[] => [...new Set(names)].sort();
  const propertiesOf = (...all: readonly Definition[]) =>
    sorted(all.flatMap(expand).flatMap(({ properties = {} }) => Object.keys(properties)));
  const valuesOf = (name: string) =>
    expand(definitions[name]!).flatMap((one) => [...(one.enum ?? []), ...(one.const === undefined ? [] : [one.const])]);
  return {
    spec: propertiesOf(definitions['TopLevelSpec']!),
    // Values of `mark`, and properties of a mark that is a map.
    marks: sorted([...valuesOf('Mark'), ...valuesOf('CompositeMark')]),
    mark: propertiesOf(definitions['AnyMark']!),
    // Keys of `encoding`, and properties of a channel.
    channels: propertiesOf(definitions['FacetedEncoding']!),
    channel: propertiesOf(...Object.values(definitions['FacetedEncoding']!.properties!)),
    axis: propertiesOf(definitions['Axis']!),
    scale: propertiesOf(definitions['Scale']!),
    legend: propertiesOf(definitions['Legend']!),
  };
}
