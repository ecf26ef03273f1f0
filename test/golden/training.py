"""Golden values for src/learning/models and src/learning/training from PyTorch: python3 training.py > training.json (made with 2.6.0).

Layouts are turned into those of tfjs here: convolution kernels [height, width, in, out], dense kernels [in, out],
images [batch, height, width, channels]. Inputs come from a linear congruential generator that the tests repeat.
"""

import json

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.optim import lr_scheduler as schedulers

torch.set_num_threads(1)


class Sequence:
    """x -> 1664525 x + 1013904223 mod 2^32, as numbers from -1 up to 1."""

    def __init__(self, seed):
        self.state = seed

    def array(self, shape, bound):
        values = []
        for _ in range(int(np.prod(shape))):
            self.state = (1664525 * self.state + 1013904223) % 2**32
            values.append((self.state / 2**31 - 1) * bound)
        return np.array(values, dtype=np.float64).astype(np.float32).reshape(shape)


def optimizer_case(make):
    sequence = Sequence(1)
    weight = nn.Parameter(torch.from_numpy(sequence.array((2, 3), 1.0)))
    optimizer = make([weight])
    steps = []
    for step in range(6):
        weight.grad = torch.from_numpy(sequence.array((2, 3), 10.0 ** (1 - step)))
        optimizer.step()
        steps.append(weight.detach().numpy().ravel().astype(float).tolist())
    return steps


def schedule_case(make, losses=None):
    """Learning rates of ten epochs, of 1 at first; `losses` are those after each epoch."""
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
    schedule = make(optimizer)
    rates = []
    for epoch in range(10):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step() if losses is None else schedule.step(losses[epoch])
    return rates


def loss_case(weight=None, smoothing=0.0, shares=None):
    """The loss of five images, and its gradient by their logits. `shares` of the classes replace labels."""
    targets = torch.tensor([0, 1, 1, 0, 1] if shares is None else shares)
    logits = torch.from_numpy(Sequence(3).array((5, 2), 4.0)).requires_grad_()
    weight = None if weight is None else torch.tensor(weight)
    loss = nn.CrossEntropyLoss(weight=weight, label_smoothing=smoothing)(logits, targets)
    loss.backward()
    return {"loss": loss.item(), "gradient": logits.grad.numpy().ravel().astype(float).tolist()}


def clip_case(clip):
    """Gradients of a kernel and a bias after clipping."""
    sequence = Sequence(4)
    weights = [nn.Parameter(torch.zeros(shape)) for shape in ((2, 3), (3,))]
    for weight in weights:
        weight.grad = torch.from_numpy(sequence.array(tuple(weight.shape), 3.0))
    clip(weights)
    return [value for weight in weights for value in weight.grad.numpy().ravel().astype(float).tolist()]


class SimpleNet(nn.Module):
    def __init__(self, features):
        super().__init__()
        self.convolutions = nn.ModuleList([nn.Conv2d(3, 6, 7), nn.Conv2d(6, 16, 7), nn.Conv2d(16, 24, 7)])
        self.dense = nn.ModuleList([nn.Linear(features, 1024), nn.Linear(1024, 256), nn.Linear(256, 2)])

    def forward(self, x):
        for convolution in self.convolutions:
            x = F.max_pool2d(F.relu(convolution(x)), 2)
        x = x.permute(0, 2, 3, 1).flatten(1)
        x = F.relu(self.dense[1](F.relu(self.dense[0](x))))
        return self.dense[2](x)


def simple_net_case(size, side):
    net, sequence = SimpleNet(side * side * 24), Sequence(2)
    layers = list(net.convolutions) + list(net.dense)
    for layer in layers:
        to_torch = (3, 2, 0, 1) if layer.weight.ndim == 4 else (1, 0)
        to_tfjs = (2, 3, 1, 0) if layer.weight.ndim == 4 else (1, 0)
        shape = tuple(layer.weight.shape[axis] for axis in to_tfjs)
        bound = float(np.prod(shape[:-1])) ** -0.5
        layer.weight.data = torch.from_numpy(sequence.array(shape, bound).transpose(to_torch).copy())
        layer.bias.data = torch.from_numpy(sequence.array(shape[-1:], bound))
    images = sequence.array((3, size, size, 3), 2.0)
    logits = net(torch.from_numpy(images.transpose(0, 3, 1, 2).copy()))
    loss = F.cross_entropy(logits, torch.tensor([0, 1, 1]))
    loss.backward()
    gradients = []
    for layer in layers:
        to_tfjs = (2, 3, 1, 0) if layer.weight.ndim == 4 else (1, 0)
        for gradient in (layer.weight.grad.permute(to_tfjs), layer.bias.grad):
            values = gradient.contiguous().double().numpy().ravel()
            picked = values[:: max(1, len(values) // 12)]
            gradients.append({"norm": float(np.linalg.norm(values)), "every": max(1, len(values) // 12), "picked": picked.tolist()})
    return {"imageSize": size, "loss": loss.item(), "logits": logits.detach().numpy().ravel().astype(float).tolist(), "gradients": gradients}


plateau_losses = [1.0, 0.9, 0.899, 0.898, 0.8, 0.81, 0.8, 0.79, 0.78, 0.5]

if __name__ == "__main__":
    print(
        json.dumps(
            {
                "adam": optimizer_case(lambda weights: torch.optim.Adam(weights, lr=0.001)),
                "adamOtherwise": optimizer_case(lambda weights: torch.optim.Adam(weights, lr=0.05, betas=(0.5, 0.9), eps=1e-3)),
                "sgd": optimizer_case(lambda weights: torch.optim.SGD(weights, lr=0.1)),
                "sgdWithMomentum": optimizer_case(lambda weights: torch.optim.SGD(weights, lr=0.1, momentum=0.9)),
                "sgdWithNesterov": optimizer_case(lambda weights: torch.optim.SGD(weights, lr=0.1, momentum=0.9, nesterov=True)),
                "sgdWithDecay": optimizer_case(lambda weights: torch.optim.SGD(weights, lr=0.1, momentum=0.9, weight_decay=0.1)),
                "adamWithDecay": optimizer_case(lambda weights: torch.optim.Adam(weights, lr=0.05, weight_decay=0.1)),
                "adamw": optimizer_case(lambda weights: torch.optim.AdamW(weights, lr=0.05)),
                "adamwOtherwise": optimizer_case(lambda weights: torch.optim.AdamW(weights, lr=0.05, weight_decay=0.5)),
                "schedules": {
                    "step": schedule_case(lambda optimizer: schedulers.StepLR(optimizer, step_size=3, gamma=0.5)),
                    "cosine": schedule_case(lambda optimizer: schedulers.CosineAnnealingLR(optimizer, T_max=10, eta_min=0.1)),
                    "plateau": schedule_case(
                        lambda optimizer: schedulers.ReduceLROnPlateau(optimizer, factor=0.5, patience=1, threshold=0.01),
                        losses=plateau_losses,
                    ),
                    # Of four steps.
                    "warmUp": schedule_case(lambda optimizer: schedulers.LinearLR(optimizer, start_factor=0.25, total_iters=3)),
                },
                "plateauLosses": plateau_losses,
                "losses": {
                    "plain": loss_case(),
                    "smoothed": loss_case(smoothing=0.2),
                    "weighted": loss_case(weight=[3.0, 0.5]),
                    "both": loss_case(weight=[3.0, 0.5], smoothing=0.2),
                    "mixed": loss_case(shares=[[0.75, 0.25], [0.0, 1.0], [0.125, 0.875], [1.0, 0.0], [0.0, 1.0]]),
                },
                "clipped": {
                    "toNorm": clip_case(lambda weights: nn.utils.clip_grad_norm_(weights, 2.0)),
                    "belowNorm": clip_case(lambda weights: nn.utils.clip_grad_norm_(weights, 100.0)),
                    "toValue": clip_case(lambda weights: nn.utils.clip_grad_value_(weights, 0.75)),
                },
                "simpleNet": simple_net_case(58, 2),
            }
        )
    )
