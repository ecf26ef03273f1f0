interface FineTuning {
  /** A ResNet-18 that begins with the weights of a `.pth`, or a DeiT-Ti by its ONNX file. */
  readonly network: 'resnet' | 'transformer';
  /** The folder of `resnet18.pth` and `deit_tiny.onnx`, as `support/pytorch.ts` writes them. */
  readonly models: string;
  /** The lines of a stage that makes images; empty for images that are there. */
  readonly source: string;
  /** The input `images` of the data set. */
  readonly images: string;
}

/** A pipeline that trains all weights of a network of PyTorch in three epochs, as `fit`. */
export function fineTuning({ network, models, source, images }: FineTuning): string {
  const resnet = `    inputs: { dataset: faces.dataset, weights: ${models}/resnet18.pth }
    with:
      model: resnet-18
      imageSize: 65
      rates: { decay: 0.75 }`;
  const transformer = `    inputs: { dataset: faces.dataset, onnx: ${models}/deit_tiny.onnx }
    with:
      head: [{ dropout: 0.2 }, { dense: 2 }]
      rates: { backbone: 0.1 }`;
  return `stages:
${source}  faces: { kind: load-dataset, inputs: { images: ${images} } }
  fit:
    kind: train
    resources: { cpu: 1, memory: 2GiB }
${network === 'resnet' ? resnet : transformer}
      preprocessing: ${network === 'resnet' ? 'torchvision' : 'timm'}
      optimizer: { kind: adamw, learningRate: 0.0005 }
      batchSize: 4
      epochs: 3
`;
}
