import { chapters, type Figure } from './figures.ts';

/** What stands for a figure of the page: the link of a picture, or a table. */
export type Drawn = (figure: Figure) => string;

const opening = `# Gallery

What comes out, each with the stage that makes it. All of it is one run of \`gallery.yaml\` on drawn faces, which takes minutes and needs no data:

    restage run gallery.yaml

Copy a stage into your own file, and name your own stages as its inputs. The whole file is \`pipelines/gallery.yaml\`. Every chart is also a Vega-Lite spec and an SVG. Drawn faces
are toy data: the pictures show forms, and their numbers mean nothing.
`;

/**
 * The page of the gallery: each chapter with its stages, their YAML as it stands in the pipeline,
 * and their figures below.
 */
export function galleryPage(pipeline: string, draw: Drawn): string {
  const texts = stageTexts(pipeline);
  const parts = chapters.map(({ title, figures }) => {
    const stages = [...new Set(figures.map(({ stage }) => stage))];
    const sections = stages.map((stage) => {
      const text = texts.get(stage);
      if (text === undefined) throw new Error(`pipelines/gallery.yaml has no stage ${stage}`);
      const drawn = figures.filter((figure) => figure.stage === stage);
      return [
        ...drawn.map((figure) => `### ${figure.title}\n\n${draw(figure)}`),
        `\`\`\`yaml\n${text}\n\`\`\``,
      ].join('\n\n');
    });
    return `## ${title}\n\n${sections.join('\n\n')}`;
  });
  return `${opening}\n${parts.join('\n\n')}\n`;
}

/** The file of a figure's picture, beside the page. */
export const pictureOf = ({ stage, port }: Figure): string =>
  `gallery/${stage}${port === 'chart' ? '' : `-${port}`}.webp`;

/** The YAML of each stage of a pipeline, as it is written, without its indentation. */
function stageTexts(pipeline: string): ReadonlyMap<string, string> {
  const lines = pipeline.split('\n');
  const starts = lines.flatMap((line, at) => {
    const [, name] = /^ {2}([\w-]+):/.exec(line) ?? [];
    return name === undefined ? [] : [{ name, at }];
  });
  return new Map(
    starts.map(({ name, at }) => {
      const length = lines.slice(at + 1).findIndex((line) => !/^ {4}/.test(line));
      const end = length < 0 ? lines.length : at + 1 + length;
      const text = lines.slice(at, end).map((line) => line.slice(2));
      return [name, text.join('\n').trimEnd()];
    }),
  );
}
