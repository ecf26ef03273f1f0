import { z } from 'zod';
import { jsonOf } from '../../json.ts';
import { isKeyText } from '../store/remote/keys.ts';
import { isTag, longest, longestLine, mostTags, oneLine } from './note-text.ts';

/** The most images that one request tags. */
const mostImages = 1000;
/** The most tags of an image. Lines that add more count for the rest of their edit. */
const mostOfImage = 20;

/** A line of a file of notes about an image, which it names as lists do: by its path. */
export interface ImageLine {
  readonly image: string;
  readonly tag?: readonly string[];
  readonly untag?: readonly string[];
  /** ISO 8601, UTC. */
  readonly time: string;
  /** The writer's name on their machine, which nobody vouches for. */
  readonly by: string;
  /** The public key of the writer, 32 bytes in base64; absent without one. */
  readonly key?: string;
  readonly signature?: string;
}

/** Tags that some images get or lose. */
export interface ImageEdit {
  readonly images: readonly string[];
  readonly tag?: readonly string[];
  readonly untag?: readonly string[];
}

const image = z.string().min(1).max(1000);
const tags = z.array(z.string().min(1).max(longest.tag)).max(mostTags).optional();

const lineForm = z.looseObject({
  image,
  tag: tags,
  untag: tags,
  time: z.iso.datetime({ precision: 3 }),
  by: z.string().max(100),
  key: z.string().refine(isKeyText).optional(),
  signature: z.string().optional(),
});

const requestForm = z.strictObject({
  images: z.array(image).min(1).max(mostImages),
  tag: tags,
  untag: tags,
});

/** The edit in a request; undefined for anything else. */
export function parseImageEdit(value: unknown): ImageEdit | undefined {
  const parsed = requestForm.safeParse(value);
  if (!parsed.success) return undefined;
  const { images, tag = [], untag = [] } = parsed.data;
  const edit = { images, tag: tag.map(oneLine).filter(isTag), untag: untag.map(oneLine) };
  return edit.tag.length + edit.untag.length === 0 ? undefined : edit;
}

/** A line about an image; undefined for what is none. */
export function parseImageLine(text: string): ImageLine | undefined {
  if (text.length > longestLine) return undefined;
  const parsed = lineForm.safeParse(jsonOf(text));
  return parsed.success ? (parsed.data as ImageLine) : undefined;
}

/**
 * The tags of each image, sorted. The order of lines in files means nothing, since merges change
 * it: they count by their time.
 */
export function imageTags(
  lines: readonly ImageLine[],
  latest: number,
): ReadonlyMap<string, readonly string[]> {
  const tagged = new Map<string, Set<string>>();
  for (const line of lines.toSorted((a, b) => (a.time < b.time ? -1 : Number(a.time > b.time)))) {
    if (Date.parse(line.time) > latest) continue;
    const tags = tagged.get(line.image) ?? new Set();
    for (const tag of line.untag ?? []) tags.delete(oneLine(tag));
    for (const tag of (line.tag ?? []).map(oneLine))
      if (isTag(tag) && tags.size < mostOfImage) tags.add(tag);
    tagged.set(line.image, tags);
  }
  return new Map(
    [...tagged].flatMap(([image, tags]) => (tags.size > 0 ? [[image, [...tags].sort()]] : [])),
  );
}
