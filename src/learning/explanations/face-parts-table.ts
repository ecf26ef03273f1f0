import { formatLevel } from '../../format-numbers.ts';
import type { Highlight } from '../../stage.ts';
import { methodTitle } from '../attribution/methods.ts';
import { facePartNames } from '../faces/parts/face-parts.ts';
import { changeAt, shareAt } from './measured-texts.ts';
import type { SurveyedCase } from './survey-models.ts';

/**
 * The share of the maps in each part of the face, by model, method and class, beside the part's
 * share of the pixels; without rows where no landmarks were given, or the classes are not two.
 */
export function facePartsTable(
  cases: readonly SurveyedCase[],
  { split, confidence }: { readonly split: string; readonly confidence: number },
): Highlight {
  const measuredOf = cases.flatMap(({ name, measured }) =>
    Array.from(measured.methods, ([method, numbers]) => ({ name, method, numbers, measured })),
  );
  const hasUntrained = measuredOf.some(({ numbers }) => numbers.has('untrained.topShare'));
  const { classes } = cases[0]!.subject;
  const rows = measuredOf
    .filter(({ numbers }) => numbers.has('faces.images') && classes.length === 2)
    .flatMap(({ name, method, numbers, measured }) =>
      facePartNames.map((part) => [
        ...(cases.length > 1 ? [name] : []),
        methodTitle(method),
        part,
        ...measured.keys.flatMap((key) => [
          shareAt(numbers, `${key}.partAreas.${part}`),
          shareAt(numbers, `${key}.parts.${part}`),
          ...(hasUntrained ? [changeAt(numbers, `aboveUntrained.${key}.parts.${part}`)] : []),
        ]),
      ]),
    );
  const columnsOfClass = (name: string) => [
    `${name}: of the pixels`,
    'of the maps',
    ...(hasUntrained ? ['trained − untrained'] : []),
  ];
  return {
    title: `Where in a face the maps lie, on ${split}, ${formatLevel(confidence)} intervals`,
    columns: [
      ...(cases.length > 1 ? ['model'] : []),
      'method',
      'part',
      ...classes.flatMap(columnsOfClass),
    ],
    rows,
  };
}
