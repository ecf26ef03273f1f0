import { isJsonObject, type Json, type JsonObject } from '../../../src/json.ts';
import type { SettingMistake } from '../../../src/stage.ts';
import { vegaLiteNames } from './vega-lite-names.ts';

/** What may stand in a spec or in one of its parts; https://vega.github.io/vega-lite/docs/spec.html. */
const properties = [
  ...['$schema', 'name', 'description', 'title', 'data', 'datasets', 'transform', 'params', 'width', 'height', 'view'],
  ...['mark', 'encoding', 'projection', 'resolve', 'layer', 'facet', 'repeat', 'spec', 'concat', 'hconcat', 'vconcat'],
  ...['columns', 'align', 'bounds', 'center', 'spacing', 'autosize', 'background', 'padding', 'config', 'usermeta'],
];

/** One of them says what is drawn. */
const compositions = ['mark', 'layer', 'facet', 'repeat', 'concat', 'hconcat', 'vconcat'];

const marks = [
  ...['area', 'bar', 'line', 'image', 'trail', 'point', 'text', 'tick', 'rect', 'rule', 'circle', 'square', 'arc'],
  ...['geoshape', 'boxplot', 'errorband', 'errorbar'],
];

/** https://vega.github.io/vega-lite/docs/encoding.html */
const channels = [
  ...['x', 'y', 'x2', 'y2', 'xOffset', 'yOffset', 'xError', 'xError2', 'yError', 'yError2', 'theta', 'theta2'],
  ...['radius', 'radius2', 'longitude', 'latitude', 'longitude2', 'latitude2', 'color', 'fill', 'stroke', 'opacity'],
  ...['fillOpacity', 'strokeOpacity', 'strokeWidth', 'strokeDash', 'size', 'angle', 'shape', 'url', 'key', 'order'],
  ...['detail', 'tooltip', 'href', 'description', 'text', 'facet', 'row', 'column', 'time'],
];

type Path = readonly PropertyKey[];

/** The mistakes that show in a Vega-Lite spec without Vega-Lite: names that it does not know, data and images from elsewhere. */
export function specMistakes(spec: JsonObject): readonly SettingMistake[] {
  return [
    ...mistakesOf(spec, ['spec']),
    ...ownData(spec),
    ...outsideData(spec, ['spec']),
    ...outsideImages(spec, ['spec']),
  ];
}

function* mistakesOf(spec: JsonObject, at: Path): Generator<SettingMistake> {
  for (const name of Object.keys(spec)) {
    if (!properties.includes(name)) yield unknown('a property of a Vega-Lite spec', name, [...at, name], properties);
  }
  if (!compositions.some((name) => Object.hasOwn(spec, name))) {
    yield { at, message: `expected a spec that says what is drawn, by one of ${compositions.join(', ')}` };
  }
  const { mark, encoding } = spec;
  const type = isJsonObject(mark) ? mark['type'] : mark;
  if (typeof type === 'string' && !marks.includes(type))
    yield unknown('a mark of Vega-Lite', type, [...at, 'mark'], marks);
  if (isJsonObject(mark)) yield* strangers('mark', mark, [...at, 'mark']);
  for (const [name, channel] of isJsonObject(encoding) ? Object.entries(encoding) : []) {
    const place = [...at, 'encoding', name];
    if (channels.includes(name)) yield* channelMistakes(channel, place);
    else yield unknown('an encoding channel of Vega-Lite', name, place, channels);
  }
  for (const key of ['layer', 'concat', 'hconcat', 'vconcat']) {
    for (const [index, part] of listOf(spec[key]).entries()) {
      if (isJsonObject(part)) yield* mistakesOf(part, [...at, key, index]);
    }
  }
  if (isJsonObject(spec['spec'])) yield* mistakesOf(spec['spec'], [...at, 'spec']);
}

/** Of a channel that is one map; tooltips, orders and details may be lists of them. */
function* channelMistakes(channel: Json, at: Path): Generator<SettingMistake> {
  for (const [index, item] of listOf(channel).entries()) yield* channelMistakes(item, [...at, index]);
  if (!isJsonObject(channel)) return;
  yield* strangers('channel', channel, at);
  for (const part of ['axis', 'scale', 'legend'] as const) {
    const given = channel[part];
    if (isJsonObject(given)) yield* strangers(part, given, [...at, part]);
  }
}

function* strangers(part: keyof typeof vegaLiteNames, given: JsonObject, at: Path): Generator<SettingMistake> {
  const known = vegaLiteNames[part];
  for (const name of Object.keys(given)) {
    if (!known.includes(name)) yield unknown(`a property of a Vega-Lite ${part}`, name, [...at, name], known);
  }
}

function unknown(what: string, name: string, at: Path, known: readonly string[]): SettingMistake {
  return { at, message: `expected ${what}, got "${name}"`, unknown: { name, known } };
}

/** It would be replaced by the table's. */
function* ownData(spec: JsonObject): Generator<SettingMistake> {
  for (const key of ['data', 'datasets']) {
    if (!Object.hasOwn(spec, key)) continue;
    yield {
      at: ['spec', key],
      message: `expected a spec without "${key}": the rows of the input "table" are its data`,
    };
  }
}

/** Images of files and of the web: a chart holds what it shows, and reads nothing. */
function* outsideImages(value: Json, at: Path): Generator<SettingMistake> {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, item] of Object.entries(value)) {
    const place = [...at, Array.isArray(value) ? Number(key) : key];
    if (key === 'values' || key === 'data' || key === 'usermeta') continue;
    const given = key === 'url' && isJsonObject(item) ? (item['value'] ?? item['datum']) : item;
    if (key === 'url' && typeof given === 'string' && !given.startsWith('data:')) {
      yield {
        at: place,
        message: `expected an image as a data URI, since a chart holds what it shows, got "${given}"`,
      };
    } else yield* outsideImages(item, place);
  }
}

/** Whatever is read comes through a port, where it is hashed. */
function* outsideData(value: Json, at: Path): Generator<SettingMistake> {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, item] of Object.entries(value)) {
    const place = [...at, Array.isArray(value) ? Number(key) : key];
    if (at.length === 1 && (key === 'data' || key === 'datasets')) continue; // of these, it has none at all
    if (key === 'data' && isJsonObject(item) && Object.hasOwn(item, 'url')) {
      const message = 'a spec reads nothing by itself: its data is the input "table"';
      yield { at: [...place, 'url'], message };
    } else if (key !== 'values') yield* outsideData(item, place);
  }
}

const listOf = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : []);
