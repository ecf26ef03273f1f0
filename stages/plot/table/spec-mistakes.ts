import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isJsonObject, type Json, type JsonObject } from '../../../src/json.ts';
import type { SettingMistake } from '../../../src/stage.ts';

/** A spec needs one of them. */
const compositions = ['mark', 'layer', 'facet', 'repeat', 'concat', 'hconcat', 'vconcat'];

type Path = readonly PropertyKey[];

/**
 * The mistakes in a Vega-Lite spec that are found without compiling it: unknown names, and data or
 * images from outside.
 */
export function specMistakes(spec: JsonObject): readonly SettingMistake[] {
  return [
    ...mistakesOf(spec, ['spec'], vegaLiteNames()),
    ...ownData(spec),
    ...fromOutside(spec, ['spec']),
  ];
}

function* mistakesOf(spec: JsonObject, at: Path, names: VegaLiteNames): Generator<SettingMistake> {
  yield* strangers('a property of a Vega-Lite spec', spec, names.spec, at);
  if (!compositions.some((name) => Object.hasOwn(spec, name))) {
    yield {
      at,
      message: `expected a spec that says what is drawn, by one of ${compositions.join(', ')}`,
    };
  }
  const { mark, encoding } = spec;
  const type = isJsonObject(mark) ? mark['type'] : mark;
  if (typeof type === 'string' && !names.marks.includes(type)) {
    yield unknown('a mark of Vega-Lite', type, [...at, 'mark'], names.marks);
  }
  if (isJsonObject(mark))
    yield* strangers('a property of a Vega-Lite mark', mark, names.mark, [...at, 'mark']);
  for (const [name, channel] of isJsonObject(encoding) ? Object.entries(encoding) : []) {
    const path = [...at, 'encoding', name];
    if (names.channels.includes(name)) yield* channelMistakes(channel, path, names);
    else yield unknown('an encoding channel of Vega-Lite', name, path, names.channels);
  }
  for (const key of ['layer', 'concat', 'hconcat', 'vconcat']) {
    for (const [index, part] of listOf(spec[key]).entries()) {
      if (isJsonObject(part)) yield* mistakesOf(part, [...at, key, index], names);
    }
  }
  if (isJsonObject(spec['spec'])) yield* mistakesOf(spec['spec'], [...at, 'spec'], names);
}

/** The mistakes of a channel, or of a list of channels, as tooltips, orders and details may be. */
function* channelMistakes(
  channel: Json,
  at: Path,
  names: VegaLiteNames,
): Generator<SettingMistake> {
  for (const [index, item] of listOf(channel).entries())
    yield* channelMistakes(item, [...at, index], names);
  if (!isJsonObject(channel)) return;
  yield* strangers('a property of a Vega-Lite channel', channel, names.channel, at);
  for (const part of ['axis', 'scale', 'legend'] as const) {
    const given = channel[part];
    if (isJsonObject(given))
      yield* strangers(`a property of a Vega-Lite ${part}`, given, names[part], [...at, part]);
  }
}

function* strangers(
  what: string,
  given: JsonObject,
  known: readonly string[],
  at: Path,
): Generator<SettingMistake> {
  for (const name of Object.keys(given))
    if (!known.includes(name)) yield unknown(what, name, [...at, name], known);
}

function unknown(what: string, name: string, at: Path, known: readonly string[]): SettingMistake {
  return { at, message: `expected ${what}, got "${name}"`, unknown: { name, known } };
}

/** The data of the table would replace it. */
function* ownData(spec: JsonObject): Generator<SettingMistake> {
  for (const key of ['data', 'datasets']) {
    if (!Object.hasOwn(spec, key)) continue;
    const message = `expected a spec without "${key}": the rows of the input "table" are its data`;
    yield { at: ['spec', key], message };
  }
}

/**
 * Data and images from files or the web: data comes through a port, where it is hashed, and a chart
 * holds what it shows.
 */
function* fromOutside(value: Json, at: Path): Generator<SettingMistake> {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, item] of Object.entries(value)) {
    const path = [...at, Array.isArray(value) ? Number(key) : key];
    const url = key === 'url' && isJsonObject(item) ? (item['value'] ?? item['datum']) : item;
    if (key === 'data') {
      if (at.length > 1 && isJsonObject(item) && Object.hasOwn(item, 'url'))
        yield {
          at: [...path, 'url'],
          message: 'a spec reads nothing by itself: its data is the input "table"',
        };
    } else if (key === 'url' && typeof url === 'string' && !url.startsWith('data:')) {
      yield {
        at: path,
        message: `expected an image as a data URI, since a chart holds what it shows, got "${url}"`,
      };
    } else if (!['values', 'usermeta', 'datasets'].includes(key)) yield* fromOutside(item, path);
  }
}

const listOf = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : []);

/** A definition in Vega-Lite's JSON schema, as far as names go. */
interface Definition {
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, Definition>>;
  readonly items?: Definition;
  readonly anyOf?: readonly Definition[];
  readonly enum?: readonly string[];
  readonly const?: string;
}

type VegaLiteNames = ReturnType<typeof vegaLiteNames>;

/**
 * The names that the installed Vega-Lite knows, from its schema, sorted. Only names are taken from
 * it: a validator's errors for its nested alternatives name hundreds of them, and compiling one
 * takes seconds.
 */
export function vegaLiteNames() {
  const file = createRequire(import.meta.url).resolve('vega-lite/vega-lite-schema.json');
  const { definitions }: { readonly definitions: Readonly<Record<string, Definition>> } =
    JSON.parse(readFileSync(file, 'utf8'));
  const expand = (definition: Definition): readonly Definition[] => {
    const { $ref, anyOf = [], items } = definition;
    if ($ref !== undefined)
      return expand(definitions[decodeURIComponent($ref.replace('#/definitions/', ''))]!);
    const parts = items === undefined ? anyOf : [...anyOf, items];
    return [definition, ...parts.flatMap(expand)];
  };
  const sorted = (names: readonly string[]): readonly string[] => [...new Set(names)].sort();
  const propertiesOf = (...all: readonly Definition[]) =>
    sorted(all.flatMap(expand).flatMap(({ properties = {} }) => Object.keys(properties)));
  const valuesOf = (name: string) =>
    expand(definitions[name]!).flatMap((definition) => [
      ...(definition.enum ?? []),
      ...(definition.const === undefined ? [] : [definition.const]),
    ]);
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
