"""Golden values for explanations of transformers from PyTorch: python3 attention.py > attention.json (made with 2.6.0).

A transformer of two blocks with the weights and images of linear congruential numbers that the test repeats; layouts are
those of tfjs. Attention is written out, without the operators of torch for it. Gradients are autograd's.
"""

import json

import torch
import torch.nn.functional as F

from training import Sequence

SIZE, PATCH, WIDTH, HEADS, BLOCKS = 12, 4, 8, 2, 2
SIDE = SIZE // PATCH
CLASSES = [0, 1, 1]

sequence = Sequence(3)


def weight(*shape, bound):
    return torch.from_numpy(sequence.array(shape, bound)).double()


def dense(inputs, outputs):
    return weight(inputs, outputs, bound=3 * inputs**-0.5), weight(outputs, bound=1.0)


def norm():
    return weight(WIDTH, bound=1.0), weight(WIDTH, bound=1.0)


PATCHES = weight(PATCH, PATCH, 3, WIDTH, bound=3 * (PATCH * PATCH * 3) ** -0.5), weight(WIDTH, bound=1.0)
CLASS_TOKEN, POSITIONS = weight(1, 1, WIDTH, bound=1.0), weight(1, SIDE * SIDE + 1, WIDTH, bound=1.0)
LAYERS = [
    {"norm1": norm(), "qkv": dense(WIDTH, 3 * WIDTH), "proj": dense(WIDTH, WIDTH), "norm2": norm(), "fc1": dense(WIDTH, 16), "fc2": dense(16, WIDTH)}
    for _ in range(BLOCKS)
]
LAST_NORM, HEAD = norm(), dense(WIDTH, 2)
IMAGES = weight(len(CLASSES), SIZE, SIZE, 3, bound=2.0)


def linear(x, layer):
    return x @ layer[0] + layer[1]


def normalise(x, layer):
    return F.layer_norm(x, (WIDTH,), *layer, eps=1e-6)


def kept(tensors, name, x):
    x.retain_grad()
    tensors[name] = x
    return x


def forward(images, tensors):
    kernel, bias = PATCHES
    x = F.conv2d(images.permute(0, 3, 1, 2), kernel.permute(3, 2, 0, 1), bias, stride=PATCH)
    x = x.flatten(2).transpose(1, 2)
    x = kept(tensors, "tokens", torch.cat([CLASS_TOKEN.expand(len(x), -1, -1), x], 1) + POSITIONS)
    for i, layer in enumerate(LAYERS):
        normed = kept(tensors, f"norm{i}", normalise(x, layer["norm1"]))
        q, k, v = linear(normed, layer["qkv"]).chunk(3, -1)
        heads = []
        for h in range(HEADS):
            part = slice(h * WIDTH // HEADS, (h + 1) * WIDTH // HEADS)
            scores = q[..., part] @ k[..., part].transpose(1, 2) / (WIDTH // HEADS) ** 0.5
            heads.append(kept(tensors, f"attention{i}.{h}", scores.softmax(-1)) @ v[..., part])
        x = x + linear(torch.cat(heads, -1), layer["proj"])
        x = x + linear(F.gelu(linear(normalise(x, layer["norm2"]), layer["fc1"])), layer["fc2"])
    return linear(normalise(x, LAST_NORM)[:, 0], HEAD)


tensors = {}
logits = forward(IMAGES.requires_grad_(), tensors)
logits.gather(1, torch.tensor(CLASSES)[:, None]).sum().backward()


def grad_cam(name):
    A, G = tensors[name][:, 1:], tensors[name].grad[:, 1:]
    return (G.mean(1, keepdim=True) * A).sum(-1).clamp(min=0).tolist()


def hires_cam(name):
    return (tensors[name] * tensors[name].grad)[:, 1:].sum(-1).clamp(min=0).tolist()


def product(matrix_of):
    """Of each image the row of the class token in the product of the layers' matrices, without the class token itself."""
    total = torch.eye(SIDE * SIDE + 1).double()
    for i in range(BLOCKS):
        total = matrix_of([tensors[f"attention{i}.{h}"] for h in range(HEADS)]) @ total
    return total[:, 0, 1:].tolist()


def rollout(heads):
    """Abnar and Zuidema 2020, section 4.1."""
    return 0.5 * torch.stack(heads).mean(0) + 0.5 * torch.eye(SIDE * SIDE + 1)


def weighted(heads):
    """Chefer, Gur and Wolf 2021, equations 5 and 6."""
    return torch.stack([(A * A.grad).clamp(min=0) for A in heads]).mean(0) + torch.eye(SIDE * SIDE + 1)


print(
    json.dumps(
        {
            "classes": CLASSES,
            "logits": logits.reshape(-1).tolist(),
            "cams": {name: {"grad-cam": grad_cam(name), "hires-cam": hires_cam(name)} for name in ("tokens", "norm0", "norm1")},
            "attention-rollout": product(rollout),
            "gradient-attention": product(weighted),
        }
    )
)
