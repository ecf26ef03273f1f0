import { cpSync, symlinkSync } from 'node:fs';
import { inRepository } from './pages.ts';
import { Project } from './rig.ts';

/** The whole study with all its stages, as small as possible: its numbers mean nothing. */
export const smallest = `
extends: study.yaml
params:
  count: { train: 16, val: 8, test: 8 }
  size: 64
  imageSize: 56
  epochs: 2
  seeds: [1, 2]
  xception: { imageSize: 71, epochs: 1, seeds: [1] }
  xceptionFakes: { imageSize: 71, epochs: 1, seeds: [1] }
  transfer: { imageSize: 48, epochs: 1 }
  myNet: { imageSize: 154, epochs: 1 }
  smallNet: { imageSize: 32, epochs: 1 }
  faithful: { images: 4, curveSteps: 4 }
  methods: { count: { train: 16, val: 8, test: 8 }, size: 32, epochs: 1, warmUp: 1 }
`;

/** A project whose pipeline is the study, with the weights and pipelines of the repository. */
export const studyProject = (
  yaml = smallest,
  files: Readonly<Record<string, string>> = {},
): Project => withStudy(new Project(yaml, files));

/** Gives a project the weights and pipelines of the repository, which the study needs. */
export function withStudy<P extends Project>(project: P): P {
  cpSync(inRepository('pipelines'), project.path('pipelines'), { recursive: true });
  // Weights that a package brings.
  symlinkSync(inRepository('node_modules'), project.path('node_modules'));
  return project;
}
