import { writeFileSync } from 'node:fs';
import { formatJson } from '../../src/format-json.ts';
import { expectAttention } from '../../src/learning/attribution/attention-maps.ts';
import { methodDefaults } from '../../src/learning/attribution/methods.ts';
import { renderOutput } from '../../src/learning/charts/render-chart.ts';
import { gapWarning } from '../../src/learning/explanations/completeness-gap.ts';
import { subjectOfStage } from '../../src/learning/explanations/explanation-subject.ts';
import { facePartsTable } from '../../src/learning/explanations/face-parts-table.ts';
import { pictureOf } from '../../src/learning/explanations/map-pictures.ts';
import { metricsOf } from '../../src/learning/explanations/measure-survey.ts';
import { openFaceParts } from '../../src/learning/explanations/open-face-parts.ts';
import { openMasks } from '../../src/learning/explanations/open-masks.ts';
import {
  drawImages,
  type SurveyedCase,
  surveyModels,
} from '../../src/learning/explanations/survey-models.ts';
import type { Survey } from '../../src/learning/explanations/survey-split.ts';
import { modelInput } from '../../src/learning/models/model-inputs.ts';
import { startBackend } from '../../src/learning/training/start-backend.ts';
import { paintMap } from '../../src/learning/vision/colour-map.ts';
import { thumbnail } from '../../src/learning/vision/thumbnail.ts';
import type { StageContext } from '../../src/stage.ts';
import {
  classesTable,
  colours,
  type Frame,
  meansChart,
  type ShownImage,
  saliencySheet,
  saliencyTable,
} from './charts.ts';
import type { SaliencySettings } from './spec.ts';

type Context = StageContext<SaliencySettings>;

/** Pixels on a side of a map in the sheet. */
const mostShown = 128;

export default async function run(context: Context): Promise<void> {
  const { settings } = context;
  await startBackend(context);
  const subject = await subjectOfStage(context);
  expectAttention(subject.model, [settings.method]);
  const pathsOf = (port: string) => context.inputs(port).map(({ path }) => path);
  const [masks] = openMasks([subject], pathsOf('masks'));
  const [faceParts] = openFaceParts([subject], pathsOf('faces'), settings.split);
  const drawn = drawImages(
    subject,
    Math.min(settings.shown, settings.images ?? settings.shown),
    settings.seed,
  );
  const sheetImages = new Map<number, ShownImage & { readonly position: number }>();
  const [surveyed] = (await surveyModels(context, [{ name: '', subject, masks, faceParts }], {
    methods: [settings.method],
    keeps: (index) => settings.maps === 'all' || drawn.includes(index),
    onImage: async ({ index, position, logits, maps, pixels }) => {
      if (!drawn.includes(index)) return;
      const { key, label } = subject.samples[index]!;
      const image = pixels();
      const map = pictureOf(maps[0]!, colours, mostShown);
      sheetImages.set(index, {
        key,
        label,
        logits,
        position,
        image: await thumbnail(image),
        map: await thumbnail(map),
      });
    },
  })) as [SurveyedCase];

  const { survey, untrained, measured } = surveyed;
  const { split, class: of, score, confidence } = settings;
  writeFileSync(
    context.output('metrics'),
    formatJson({ split, class: of, score, confidence, ...metricsOf(measured) }),
  );
  const frame: Frame = {
    classes: subject.classes,
    measured,
    settings,
    labels: modelInput(context).labels,
  };
  const { topShares } = survey.maps[0]!;
  const images = Array.from(drawn, (index) => {
    const { position, ...image } = sheetImages.get(index)!;
    return { ...image, topShare: topShares[position]! };
  });
  const means = meansChart(
    await meanPictures(survey),
    untrained && (await meanPictures(untrained)),
    frame,
  );
  await renderOutput(context, 'sheet', saliencySheet(images, frame));
  await renderOutput(context, 'means', means);
  warnOf(context, surveyed);
  for (const table of [
    saliencyTable(frame),
    classesTable(frame),
    facePartsTable([surveyed], settings),
  ])
    if (table.rows.length > 0) context.highlight(table);
}

function meanPictures({ maps }: Survey): Promise<readonly (string | undefined)[]> {
  return Promise.all(
    maps[0]!.means.map(
      (mean) => mean && thumbnail(paintMap(mean, colours), { side: 256, format: 'png' }),
    ),
  );
}

function warnOf(context: Context, { survey, measured }: SurveyedCase): void {
  const { steps, split, method } = { ...methodDefaults, ...context.settings };
  const constant = survey.maps[0]!.constant.reduce((sum, count) => sum + count, 0);
  if (constant > 0) {
    context.warn(
      `${constant} of ${survey.indices.length} maps on ${split} are constant: the score does not depend on those images.`,
    );
  }
  const gap = measured.methods.get(method)!.get('completeness.relativeGap')?.estimate ?? 0;
  const warning = gapWarning(gap, steps);
  if (warning !== undefined) context.warn(warning);
}
