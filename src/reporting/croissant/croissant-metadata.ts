import type { Digest } from '../../digest.ts';
import type { Json, JsonObject } from '../../json.ts';

/** A data set as Croissant describes it. */
export interface DescribedDataset {
  readonly name: string;
  readonly description: string;
  /** The address of a licence. */
  readonly license: string;
  /** The address of the data set's page. */
  readonly url: string;
  readonly creators: readonly string[];
  /** ISO 8601. */
  readonly datePublished: string;
  /** In label order. */
  readonly classes: readonly string[];
  readonly splits: readonly DescribedSplit[];
}

export interface DescribedSplit {
  readonly name: string;
  readonly samples: DescribedFile;
  readonly shards: readonly DescribedFile[];
  /** The facts that at least one image has. */
  readonly facts: readonly ImageFact[];
}

export interface DescribedFile {
  /** Relative to the description, POSIX. */
  readonly path: string;
  readonly digest: Digest;
  /** In bytes. */
  readonly size: number;
}

/** What is known of an image in `samples.json`, with its type in Croissant. */
const factTypes = {
  class: 'sc:Text',
  label: 'sc:Integer',
  source: 'sc:Text',
  path: 'sc:Text',
  width: 'sc:Integer',
  height: 'sc:Integer',
  group: 'sc:Text',
  pair: 'sc:Text',
  video: 'sc:Text',
  frame: 'sc:Integer',
  time: 'sc:Float',
} as const;
export type ImageFact = keyof typeof factTypes;
export const imageFacts = Object.keys(factTypes) as readonly ImageFact[];

/** The splits that Croissant has a word for. */
const splitWords: Readonly<Record<string, string>> = {
  train: 'cr:TrainingSplit',
  val: 'cr:ValidationSplit',
  test: 'cr:TestSplit',
};

const terms = [
  'annotation',
  'arrayShape',
  'citeAs',
  'column',
  'containedIn',
  'equivalentProperty',
  'excludes',
  'extract',
  'field',
  'fileObject',
  'fileProperty',
  'fileSet',
  'format',
  'includes',
  'isArray',
  'isLiveDataset',
  'jsonPath',
  'key',
  'md5',
  'parentField',
  'readLines',
  'recordSet',
  'references',
  'regex',
  'sdVersion',
  'separator',
  'source',
  'subField',
  'transform',
  'unArchive',
  'value',
];

/** The context that Croissant recommends (appendix 1 of the specification). */
const context: JsonObject = {
  '@language': 'en',
  '@vocab': 'http://schema.org/',
  sc: 'http://schema.org/',
  cr: 'http://mlcommons.org/croissant/',
  rai: 'http://mlcommons.org/croissant/RAI/',
  dct: 'http://purl.org/dc/terms/',
  conformsTo: 'dct:conformsTo',
  data: { '@id': 'cr:data', '@type': '@json' },
  dataType: { '@id': 'cr:dataType', '@type': '@vocab' },
  examples: { '@id': 'cr:examples', '@type': '@json' },
  ...Object.fromEntries(terms.map((term) => [term, `cr:${term}`])),
};

const reference = (id: string): JsonObject => ({ '@id': id });

/**
 * The description of a data set of images by Croissant 1.1
 * (https://docs.mlcommons.org/croissant/docs/croissant-spec-1.1.html): its files with their
 * digests, and for each split a record of every image, with its bytes, its class and what else is
 * known of it. The key of an image is the name of its file in a shard, without the extension.
 */
export function croissantMetadata(dataset: DescribedDataset): JsonObject {
  const { name, description, license, url, creators, datePublished, splits } = dataset;
  return {
    '@context': context,
    '@type': 'sc:Dataset',
    conformsTo: 'http://mlcommons.org/croissant/1.1',
    name,
    description,
    license,
    url,
    creator: creators.map((creator) => ({ '@type': 'sc:Person', name: creator })),
    datePublished,
    distribution: splits.flatMap(filesOf),
    recordSet: [
      classes(dataset),
      splitNames(dataset),
      ...splits.flatMap((split) => [facts(split), images(split)]),
    ],
  };
}

const imageSet = ({ name }: DescribedSplit): string => `${name}-images`;
const factSet = ({ name }: DescribedSplit): string => `${name}-facts`;

function filesOf(split: DescribedSplit): readonly JsonObject[] {
  const { name, samples, shards } = split;
  return [
    fileObject(samples, 'application/json'),
    ...shards.map((shard) => fileObject(shard, 'application/x-tar')),
    {
      '@type': 'cr:FileSet',
      '@id': imageSet(split),
      name: imageSet(split),
      description: `The images of ${name}`,
      containedIn: shards.map(({ path }) => reference(path)),
      // Beside each image its label, as WebDataset has it.
      includes: '**',
      excludes: '**/*.cls',
      encodingFormat: 'image/*',
    },
  ];
}

const fileObject = ({ path, digest, size }: DescribedFile, format: string): JsonObject => ({
  '@type': 'cr:FileObject',
  '@id': path,
  name: path,
  contentUrl: path.split('/').map(encodeURIComponent).join('/'),
  contentSize: `${size} B`,
  encodingFormat: format,
  sha256: digest,
});

function classes({ classes }: DescribedDataset): JsonObject {
  return {
    '@type': 'cr:RecordSet',
    '@id': 'classes',
    name: 'classes',
    dataType: 'sc:Enumeration',
    key: reference('classes/name'),
    field: [field('classes/name', 'sc:Text', {}), field('classes/label', 'sc:Integer', {})],
    data: classes.map((name, label) => ({ 'classes/name': name, 'classes/label': label })),
  };
}

function splitNames({ splits }: DescribedDataset): JsonObject {
  return {
    '@type': 'cr:RecordSet',
    '@id': 'splits',
    name: 'splits',
    dataType: 'cr:Split',
    key: reference('splits/name'),
    field: [field('splits/name', 'sc:Text', {}), field('splits/url', 'cr:Split', {})],
    data: splits.map(({ name }) => ({
      'splits/name': name,
      ...(splitWords[name] !== undefined && { 'splits/url': splitWords[name] }),
    })),
  };
}

/** The records of `samples.json`. */
function facts(split: DescribedSplit): JsonObject {
  const set = factSet(split);
  const from = (fact: string): JsonObject => ({
    source: {
      fileObject: reference(split.samples.path),
      extract: { jsonPath: `$[*].${fact}` },
    },
  });
  return {
    '@type': 'cr:RecordSet',
    '@id': set,
    name: set,
    key: reference(`${set}/key`),
    field: [
      field(`${set}/key`, 'sc:Text', from('key')),
      ...split.facts.map((fact) => field(`${set}/${fact}`, factTypes[fact], from(fact))),
    ],
  };
}

/** The images, joined with what is known of them by their key. */
function images(split: DescribedSplit): JsonObject {
  const set = split.name;
  const fileSet = reference(imageSet(split));
  return {
    '@type': 'cr:RecordSet',
    '@id': set,
    name: set,
    key: reference(`${set}/key`),
    field: [
      field(`${set}/image`, 'sc:ImageObject', {
        source: { fileSet, extract: { fileProperty: 'content' } },
      }),
      field(`${set}/key`, 'sc:Text', {
        source: {
          fileSet,
          extract: { fileProperty: 'fullpath' },
          transform: { regex: '^(?:.*\\.tar/)?(.+)\\.[^./]+$' },
        },
        references: reference(`${factSet(split)}/key`),
      }),
      field(`${set}/split`, 'sc:Text', { value: set, references: reference('splits/name') }),
      ...split.facts.map((fact) =>
        field(`${set}/${fact}`, fact === 'class' ? ['sc:Text', 'cr:Label'] : factTypes[fact], {
          source: reference(`${factSet(split)}/${fact}`),
          ...(fact === 'class' && { references: reference('classes/name') }),
        }),
      ),
    ],
  };
}

const field = (id: string, dataType: Json, more: JsonObject): JsonObject => ({
  '@type': 'cr:Field',
  '@id': id,
  name: id.slice(id.indexOf('/') + 1),
  dataType,
  ...more,
});
