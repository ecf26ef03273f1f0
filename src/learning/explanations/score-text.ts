import { formatList } from '../../format-numbers.ts';
import { explainsClass, type Method, methodTitle } from '../attribution/methods.ts';
import type { ScoreKind } from '../attribution/question.ts';

/** Whose score is explained, in words, by the setting `class`: such as `its own class`. */
export const classText = (name: string): string =>
  name === 'label' ? 'its own class' : name === 'predicted' ? 'the class it is called' : `the class ${name}`;

/** Which score of a class is explained, such as `the score of its own class less that of the other`. */
export const scoreText = (score: ScoreKind, ofClass: string): string =>
  `the score of ${ofClass}${score === 'margin' ? ' less that of the other' : ''}`;

/** What maps say whose methods know no class, where there are any among these: such as `Eigen-CAM: where the layer is active, …`. */
export function classlessText(methods: readonly Method[]): string | undefined {
  const titles = methods.filter((method) => !explainsClass(method)).map(methodTitle);
  if (titles.length === 0) return undefined;
  return `${formatList(titles)}: where the layer is active, which says nothing of a class.`;
}
