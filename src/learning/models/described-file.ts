import { readFileSync } from 'node:fs';
import { parse } from 'node:path';
import { StageError } from '../../stage.ts';
import { openGraph, outputOf } from './graph-network.ts';
import type { ModelInfo } from './model-info.ts';
import { fileName } from './onnx/file-name.ts';
import { namesWeights } from './onnx/not-onnx.ts';
import { readOnnxFacts } from './onnx/onnx-file.ts';
import { inputOf, onnxMetadata } from './onnx-metadata.ts';

/**
 * The info of a model that is an ONNX file, as its metadata describes it. Throws a
 * {@link StageError} that shows the stage to write where the metadata lacks something.
 */
export function describedFile(path: string): ModelInfo {
  const file = fileName(path);
  if (namesWeights(file)) throw weightsAlone(file);
  const facts = readOnnxFacts(readFileSync(path), file);
  const opened = openGraph(path);
  const metadata = onnxMetadata(facts.metadata);
  const { classes, recipe } = metadata;
  const input = inputOf(metadata, { file, size: opened.size });
  const missing = [
    ...(classes === undefined ? ['names its classes'] : []),
    ...(input === undefined ? ['says how images are prepared'] : []),
  ];
  if (classes === undefined || input === undefined) throw undescribed(file, missing);
  if (input.scale !== undefined) {
    throw new StageError(
      `Expected an ONNX file that takes resized images, but ${file} was exported of a network that sees whole images (scale: native). Give the model that it was exported of.`,
    );
  }
  if (opened.size !== undefined && opened.size !== input.size) {
    throw new StageError(
      `Expected images of ${opened.size} pixels a side, as ${file} takes them, got ${input.size} in its metadata.`,
    );
  }
  return {
    architecture: 'onnx',
    classes: [...classes],
    input,
    onnx: {
      parameters: facts.parameters,
      probabilities: facts.softmaxes.includes(outputOf(opened)),
    },
    training: {},
    chosenEpoch: 0,
    backend: 'none',
    ...(recipe !== undefined && { recipe }),
  };
}

function undescribed(file: string, missing: readonly string[]): StageError {
  const settings = 'classes: [real, fake], preprocessing: torchvision';
  return new StageError(
    `Expected an ONNX file that ${missing.join(' and ')} in its metadata, but ${file} does not. ${inOwnStage(file, 'onnx', settings)}`,
  );
}

function weightsAlone(file: string): StageError {
  return new StageError(
    `Expected a model or an ONNX file, but ${file} holds weights without their network. ${inOwnStage(file, 'weights', 'model: resnet-18')}`,
  );
}

/** The stage that describes a file once, for all stages that take its model. */
function inOwnStage(file: string, port: string, settings: string): string {
  const name = parse(file).name.replace(/[^A-Za-z0-9_-]/g, '-');
  return `Describe it in a stage of its own, such as \`${name}: { kind: load-model, inputs: { ${port}: …/${file} }, with: { ${settings} } }\`, and give \`${name}.model\` in place of the file.`;
}
