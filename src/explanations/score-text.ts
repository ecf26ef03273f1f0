import type { ScoreKind } from '../attribution/question.ts';

/** Whose score is explained, in words, by the setting `class`: such as `its own class`. */
export const classText = (name: string): string =>
  name === 'label' ? 'its own class' : name === 'predicted' ? 'the class it is called' : `the class ${name}`;

/** Which score of a class is explained, such as `the score of its own class less that of the other`. */
export const scoreText = (score: ScoreKind, ofClass: string): string =>
  `the score of ${ofClass}${score === 'margin' ? ' less that of the other' : ''}`;
