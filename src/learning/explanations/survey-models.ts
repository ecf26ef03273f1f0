import type { z } from 'zod';
import type { StageContext } from '../../stage.ts';
import type { Method, MethodSettings } from '../attribution/methods.ts';
import { untrainedCopy } from '../models/untrained-copy.ts';
import { sampleImages } from '../vision/sample-images.ts';
import type { surveySettings } from './explanation-settings.ts';
import type { QuestionSettings, Subject } from './explanation-subject.ts';
import { MapsWriter } from './maps-writer.ts';
import { type MeasuredSurvey, measureSurvey } from './measure-survey.ts';
import { methodOptions } from './method-options.ts';
import type { FaceParts } from './open-face-parts.ts';
import type { Masks } from './open-masks.ts';
import { type Survey, type SurveyedImage, surveySplit } from './survey-split.ts';

type SurveySettings = z.output<z.ZodObject<typeof surveySettings>> &
  QuestionSettings &
  MethodSettings;

/** A model to survey. */
export interface SurveyCase {
  /** Distinguishes it from the others; empty for the only one. */
  readonly name: string;
  readonly subject: Subject;
  /** The convolution that class activation maps are taken from. */
  readonly layer?: string;
  readonly masks?: Masks | undefined;
  readonly faceParts?: FaceParts | undefined;
}

/** A surveyed model. */
export interface SurveyedCase extends SurveyCase {
  readonly survey: Survey;
  readonly untrained: Survey | undefined;
  readonly measured: MeasuredSurvey;
  readonly groups: readonly (string | undefined)[];
}

interface SurveyRequest<C extends SurveyCase> {
  readonly methods: readonly Method[];
  /** Images between two progress messages; by default those of a forward pass. */
  readonly batchSize?: number;
  /** Whether the raw maps of an image, by its index in the split, are written. Default: all. */
  keeps?(index: number): boolean;
  /** Receives every image of the trained models in turn. */
  onImage(image: SurveyedImage, surveyCase: C): void | Promise<void>;
}

/**
 * Surveys models one after another, also untrained if the settings ask for it, writes raw maps, and
 * disposes of the models.
 */
export async function surveyModels<C extends SurveyCase>(
  context: StageContext<SurveySettings>,
  cases: readonly C[],
  request: SurveyRequest<C>,
): Promise<readonly (C & SurveyedCase)[]> {
  const { settings } = context;
  const { methods } = request;
  const drawn = cases.map(({ subject }) => drawImages(subject, settings.images, settings.seed));
  const total = (settings.untrained ? 2 : 1) * drawn.reduce((sum, { length }) => sum + length, 0);
  for (const cut of new Set(cases.flatMap(({ subject }) => subject.cut ?? []))) context.info(cut);
  let done = 0;
  using writer = new MapsWriter(context.output('maps'), cases[0]!.subject.classes);
  const surveyed: (C & SurveyedCase)[] = [];
  for (const [i, surveyCase] of cases.entries()) {
    const { name, subject, layer, masks, faceParts } = surveyCase;
    const { samples, classes, model } = subject;
    const indices = drawn[i]!;
    const keeps = request.keeps ?? (() => true);
    const options = (net: string) => ({
      methods,
      masks,
      faceParts,
      explain: methodOptions(settings, subject.input.normalise, layer),
      how: { ...settings, batchSize: request.batchSize ?? settings.batchSize, indices },
      onBatch: (images: number) => {
        done += images;
        const note = [name, settings.untrained ? net : ''].filter((part) => part !== '').join(', ');
        context.progress({ done, total, unit: 'images', ...(note !== '' && { note }) });
      },
    });
    const of = {
      prefix: cases.length === 1 ? '' : `${i + 1}-`,
      model: name,
      split: settings.split,
      layer,
    };
    writer.begin({ ...of, methods, classes, samples, images: indices.filter(keeps).length });
    const survey = await surveySplit(subject, {
      ...options('trained network'),
      onImage: (image) => {
        if (keeps(image.index)) writer.add(image);
        return request.onImage(image, surveyCase);
      },
    });
    writer.end(survey);
    const untrained = settings.untrained
      ? await surveyUntrained(subject, settings.seed, options('untrained network'))
      : undefined;
    model.dispose();
    const groups = Array.from(indices, (index) => samples[index]!.group);
    const measured = measureSurvey(survey, { ...settings, groups, classes }, untrained);
    surveyed.push({ ...surveyCase, survey, untrained, measured, groups });
  }
  return surveyed;
}

async function surveyUntrained(
  subject: Subject,
  seed: number,
  options: Parameters<typeof surveySplit>[1],
) {
  const model = await untrainedCopy(subject.model, seed);
  try {
    return await surveySplit({ ...subject, model }, options);
  } finally {
    model.dispose();
  }
}

/**
 * Images of a split that the model knows, drawn by the seed: equally many of each class if
 * possible; all without a number.
 */
export function drawImages(
  { samples }: Subject,
  images: number | undefined,
  seed: number,
): Uint32Array {
  const labels = samples.map(({ label }) => label);
  return sampleImages(labels, images ?? labels.length, seed);
}
