import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HostedProject as Project } from './support/hosted-project.ts';

const train = (settings: string) => `stages:
  made: { kind: make-faces }
  faces: { kind: load-dataset, inputs: { images: made.faces } }
  fit:
    kind: train
    inputs: { dataset: faces.dataset }
    with:
      model: my-net
${settings}
`;

/** What `plan` says of a pipeline in which `fit` has these settings. */
async function mistakes(settings: string): Promise<string> {
  using project = new Project(train(settings));
  return (await project.command('plan', 'test.yaml')).stderr;
}

test('a crop larger than the resized image is shown where it is written, before anything runs', async () => {
  assert.equal(
    await mistakes('      resize: 224\n      crop: 256'),
    `pipelines/test.yaml:10:13: error: expected at most 224, the shorter side after "resize", got 256 [wrong-settings]

   10 |       crop: 256
      |             ^^^
`,
  );
});

test('a preset that does not exist is answered with those that do', async () => {
  assert.equal(
    await mistakes('      preprocessing: torch'),
    `pipelines/test.yaml:9:22: error: Expected one of "torchvision", "timm", "keras", "clip" for "with.preprocessing", got "torch" [wrong-value]

    9 |       preprocessing: torch
      |                      ^^^^^
`,
  );
});

test('a network that flattens its feature maps cannot see whole images, and the layer is named', async () => {
  assert.equal(
    await mistakes('      scale: native\n      crop: 154\n      augment: { crop: 2 }'),
    `pipelines/test.yaml:9:14: error: native needs a network that ends its feature maps by globalAveragePool, since whole images have many sizes, but my-net has the layer flatten1, a flatten. Resize its images instead [wrong-settings]

    9 |       scale: native
      |              ^^^^^^

pipelines/test.yaml:11:24: error: expected none with scale: native, whose crops lie anywhere in the image [wrong-settings]

   11 |       augment: { crop: 2 }
      |                        ^
`,
  );
});
