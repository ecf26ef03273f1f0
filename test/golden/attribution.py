"""Golden values for src/learning/attribution from PyTorch: python3 attribution.py > attribution.json (made with 2.6.0).

SimpleNet with the weights and images of linear congruential numbers that the test repeats; layouts are those of tfjs.
Gradients are autograd's; class activation maps follow the papers' equations, on PyTorch's activations and gradients.
"""

import json

import numpy as np
import torch
import torch.nn.functional as F

from training import Sequence, SimpleNet

SIZE, SIDE = 64, 2
CLASSES = torch.tensor([0, 1, 1])


def make():
    net, sequence = SimpleNet(SIDE * SIDE * 24), Sequence(5)
    for layer in list(net.convolutions) + list(net.dense):
        to_torch = (3, 2, 0, 1) if layer.weight.ndim == 4 else (1, 0)
        to_tfjs = (2, 3, 1, 0) if layer.weight.ndim == 4 else (1, 0)
        shape = tuple(layer.weight.shape[axis] for axis in to_tfjs)
        bound = 3 * float(np.prod(shape[:-1])) ** -0.5
        layer.weight.data = torch.from_numpy(sequence.array(shape, bound).transpose(to_torch).copy())
        layer.bias.data = torch.from_numpy(sequence.array(shape[-1:], bound))
    images = sequence.array((len(CLASSES), SIZE, SIZE, 3), 2.0)
    return net, torch.from_numpy(images.transpose(0, 3, 1, 2).copy())


def forward(net, x, keep=None, relu=F.relu):
    """The logits; `keep` is told the output of every convolution, after its ReLU."""
    for i, convolution in enumerate(net.convolutions):
        x = relu(convolution(x))
        if keep is not None:
            x.retain_grad()
            keep[i] = x
        x = F.max_pool2d(x, 2)
    x = x.permute(0, 2, 3, 1).flatten(1)
    return net.dense[2](relu(net.dense[1](relu(net.dense[0](x)))))


def explained(logits, margin=False):
    own = logits.gather(1, CLASSES[:, None]).sum()
    return own - logits.gather(1, 1 - CLASSES[:, None]).sum() if margin else own


def input_gradient(net, images, margin=False, relu=F.relu):
    x = images.clone().requires_grad_()
    explained(forward(net, x, relu=relu), margin).backward()
    return x.grad


class Guided(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.clamp(min=0)

    @staticmethod
    def backward(ctx, dy):
        (x,) = ctx.saved_tensors
        return dy.clamp(min=0) * (x > 0)


def integrated(net, images, steps):
    total = torch.zeros_like(images)
    for step in range(steps):
        total += input_gradient(net, images * (step + 0.5) / steps)
    return total / steps * images


def score_cam(net, images, activations):
    """Of each image its map; a forward pass for each channel (algorithm 1 of the paper, upsampling before scaling)."""
    maps = []
    for image, A, c in zip(images, activations, CLASSES):
        masks = F.interpolate(A[:, None], size=(SIZE, SIZE), mode="bilinear", align_corners=False)
        least, most = masks.amin((2, 3), keepdim=True), masks.amax((2, 3), keepdim=True)
        masks = torch.where(most > least, (masks - least) / (most - least).clamp(min=1e-30), torch.zeros_like(masks))
        with torch.no_grad():
            scores = forward(net, image[None] * masks)[:, c].double()
        maps.append((torch.softmax(scores, 0)[:, None, None] * A.double()).sum(0).clamp(min=0))
    return torch.stack(maps).reshape(len(maps), -1).tolist()


def picked(values):
    values = values.permute(0, 2, 3, 1).reshape(-1).double().numpy()
    return {"norm": float(np.linalg.norm(values)), "every": 997, "picked": values[::997].tolist()}


def cams(activations, gradients):
    """Of each image and method its map, [height, width]."""
    A, G = activations.double(), gradients.double()
    relu = lambda x: x.clamp(min=0)
    mean = lambda x: x.mean((2, 3), keepdim=True)
    total = lambda x: x.sum((2, 3), keepdim=True)
    below = 2 * G**2 + total(A) * G**3
    alpha = torch.where(below == 0, torch.zeros_like(G), G**2 / torch.where(below == 0, torch.ones_like(below), below))
    sums = total(A)
    xgrad = torch.where(sums == 0, torch.zeros_like(sums), total(A * G) / torch.where(sums == 0, torch.ones_like(sums), sums))
    maps = {
        "grad-cam": relu((mean(G) * A).sum(1)),
        "grad-cam++": relu((total(alpha * relu(G)) * A).sum(1)),
        "hires-cam": relu((G * A).sum(1)),
        "xgrad-cam": relu((xgrad * A).sum(1)),
        "layer-cam": relu((relu(G) * A).sum(1)),
    }
    eigen = []
    for image in A:
        rows = image.flatten(1).T
        direction = torch.linalg.svd(rows, full_matrices=False)[2][0]
        projected = (rows @ direction).reshape(image.shape[1:])
        eigen.append(relu(projected if projected.sum() >= 0 else -projected))
    maps["eigen-cam"] = torch.stack(eigen)
    return {name: values.reshape(len(values), -1).tolist() for name, values in maps.items()}


net, images = make()
kept = {}
logits = forward(net, images.clone().requires_grad_(), kept)
explained(logits).backward()
gradient = input_gradient(net, images)


def cams_of(i, count=len(CLASSES)):
    """At one of the convolutions, of the first images."""
    return {name: maps[:count] for name, maps in cams(kept[i].detach(), kept[i].grad).items()}


print(
    json.dumps(
        {
            "imageSize": SIZE,
            "classes": CLASSES.tolist(),
            "logits": logits.detach().reshape(-1).double().tolist(),
            "gradient": picked(gradient),
            "saliency": picked(gradient.abs().amax(1, keepdim=True)),
            "inputTimesGradient": picked(gradient * images),
            "margin": picked(input_gradient(net, images, margin=True)),
            "guided": picked(input_gradient(net, images, relu=Guided.apply)),
            "integrated": picked(integrated(net, images, 16)),
            "cams": {"conv2": cams_of(1, 1), "conv3": cams_of(2)},
            "scoreCam": score_cam(net, images, kept[2].detach()),
        }
    )
)
