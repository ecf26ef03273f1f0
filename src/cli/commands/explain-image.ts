import { formatDecimal, formatShare } from '../../format-numbers.ts';
import {
  explainImages,
  type ImageExplanation,
  type ImageQuestion,
} from '../../project/models/explain-images.ts';
import { formatTable } from '../../reporting/terminal/text-layout.ts';
import { print, printJson, warnOnStderr } from '../support/command-error.ts';

interface ExplainImageOptions extends ImageQuestion {
  readonly set: readonly string[];
  readonly backend: string;
  readonly json?: boolean;
}

export async function explainImageCommand(
  words: readonly string[],
  options: ExplainImageOptions,
): Promise<void> {
  const { set, backend } = options;
  const lookup = { folder: process.cwd(), set, backend, onWarning: warnOnStderr };
  const explanation = await explainImages(words, options, lookup);
  const { missedShare, picture } = explanation;
  if (missedShare !== undefined) {
    const missed = `Integrated gradients miss ${formatShare(missedShare)} of the rise of the score, on average`;
    warnOnStderr(`${missed}: more steps would be needed.`);
  }
  if (options.json === true) printJson(asJson(explanation));
  else print(`${asText(explanation)}\n\nDrew the maps in ${picture}`);
}

function asText({ images, classes }: ImageExplanation): string {
  const columns = [
    'image',
    'called',
    ...classes.map((name) => `P(${name})`),
    ...classes.map((name) => `score of ${name}`),
  ];
  const rows = images.map(({ image, called, probabilities, scores }) => [
    image,
    called,
    ...probabilities.map((probability) => formatDecimal(probability, 4)),
    ...scores.map((score) => formatDecimal(score)),
  ]);
  return formatTable(columns, rows).join('\n');
}

/** Maps are left out: the kinds saliency and gradcam write them raw. */
function asJson({ images, classes, methods, layer, picture }: ImageExplanation) {
  const byClass = (values: readonly number[]) =>
    Object.fromEntries(classes.map((name, i) => [name, values[i]!]));
  const entries = images.map(({ image, called, explained, scores, probabilities }) => ({
    image,
    called,
    explained,
    scores: byClass(scores),
    probabilities: byClass(probabilities),
  }));
  return { images: entries, methods, ...(layer !== undefined && { layer }), picture };
}
