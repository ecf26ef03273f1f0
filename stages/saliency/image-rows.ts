import type { Subject } from '../../src/explanations/open-subject.ts';
import type { Survey } from '../../src/explanations/survey-split.ts';
import type { MapPlace } from './map-files.ts';

/** Columns of the list of images. */
export function imageHeader({ masks, completeness }: Survey): readonly string[] {
  return [
    ...['file', 'row', 'key', 'path', 'label', 'source', 'explained', 'real', 'fake', 'topShare'],
    ...(masks === undefined ? [] : ['maskShare', 'pointingGame', 'intersectionOverUnion']),
    ...(completeness === undefined ? [] : ['rise', 'gap']),
  ];
}

/** Every image of the split: where its map lies, if it is kept, and what was measured; empty where nothing was. */
export function imageRows(
  { indices, labels, logits, maps: [maps], masks, completeness }: Survey,
  {
    subject,
    asked,
    places,
  }: {
    readonly subject: Pick<Subject, 'samples' | 'classes'>;
    /** By image of the split, the class that is explained. */
    readonly asked: Uint8Array;
    readonly places: ReadonlyMap<number, MapPlace>;
  },
): readonly (readonly (string | number)[])[] {
  const { topShares, pointing, overlaps } = maps!;
  return Array.from(indices, (index, i) => {
    const { key, path, source } = subject.samples[index]!;
    const place = places.get(index);
    const cell = (values: Float64Array | undefined) => finite(values?.[i]);
    return [
      ...[place?.file ?? '', place?.row ?? '', key, path, labels[i]!, source, subject.classes[asked[index]!]!],
      ...[logits[2 * i]!, logits[2 * i + 1]!, finite(topShares[i])],
      ...(masks === undefined ? [] : [cell(masks.shares), cell(pointing), cell(overlaps)]),
      ...(completeness === undefined ? [] : [cell(completeness.rises), cell(completeness.gaps)]),
    ];
  });
}

const finite = (value: number | undefined): number | '' => (value === undefined || Number.isNaN(value) ? '' : value);
