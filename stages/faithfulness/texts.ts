import { formatCount, formatCountOf } from '../../src/format-numbers.ts';
import type { BaselineName } from '../../src/learning/attribution/faithfulness/baseline-image.ts';
import { classText } from '../../src/learning/explanations/map-pictures.ts';
import { titleOf } from '../../src/learning/explanations/measured-texts.ts';
import type { Judgement } from './judge.ts';
import type { FaithfulnessSettings } from './spec.ts';

/** What titles need to know beside the numbers. */
export interface Frame
  extends Pick<FaithfulnessSettings, 'split' | 'class' | 'curveBaseline' | 'confidence' | 'title'> {
  readonly labels: Readonly<Record<string, string>>;
}

export const titled = (frame: Frame, chart: string): string => titleOf(chart, frame, frame.labels);

/** Such as `16 real and 16 fake images, each asked about its predicted class`. */
export function imagesText({ real, fake }: Judgement, { class: name }: Frame): string {
  return `${formatCount(real)} real and ${formatCount(fake)} fake images, each asked about ${classText(name)}`;
}

const exchanged: Readonly<Record<BaselineName, string>> = {
  blur: 'the image blurred',
  mean: "the image's mean colour",
  noise: "the image's own pixels in an order of chance",
};

/** Such as `instead of pixels: the image blurred, called that class in 12 of 32 images`. */
export function baselineText({ kept, real, fake }: Judgement, { curveBaseline }: Frame): string {
  return `instead of pixels: ${exchanged[curveBaseline]}, called that class in ${formatCount(kept)} of ${formatCountOf(real + fake, 'image')}`;
}

/** Such as `the mean of 5 draws of them`. */
export const drawsText = ({ weightDraws }: Judgement): string =>
  weightDraws === 1
    ? 'one draw of them, of which another may say otherwise'
    : `the mean of ${weightDraws} draws of them`;
