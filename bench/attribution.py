"""PyTorch's side of attribution.ts: python3 attribution.py <folder>, then each line of standard input is answered with one.

    time <contiguous|channels_last>    the seconds of all images' saliency maps
    maps <path>                        writes the maps there, float32 [images, height, width], and answers "ok"

The folder has net.json (net, imageSize, batch) with weights.f32 and images.f32 [images, height, width, 3]; two threads.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).parent / "backend"))
import nets  # noqa: E402

FORMATS = nets.FORMATS


class Separable(nn.Sequential):
    def __init__(self, inner, outer):
        super().__init__(
            nn.Conv2d(inner, inner, 3, padding=1, groups=inner, bias=False), nn.Conv2d(inner, outer, 1)
        )


def padded(module):
    """TensorFlow's "same" with a stride of 2 on an even size: a row and a column more at the end."""
    return nn.Sequential(nn.ZeroPad2d((0, 1, 0, 1)), module)


class Reduction(nn.Module):
    def __init__(self, inner, outer, activate_first=True):
        super().__init__()
        first = [nn.ReLU()] if activate_first else []
        pool = nn.Sequential(nn.ConstantPad2d((0, 1, 0, 1), float("-inf")), nn.MaxPool2d(3, 2))
        self.body = nn.Sequential(*first, Separable(inner, outer), nn.ReLU(), Separable(outer, outer), pool)
        self.shortcut = nn.Conv2d(inner, outer, 1, 2)

    def forward(self, x):
        return self.body(x) + self.shortcut(x)


class Main(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.body = nn.Sequential(*(layer for _ in range(3) for layer in (nn.ReLU(), Separable(width, width))))

    def forward(self, x):
        return self.body(x) + x


def tiny_xception():
    return nn.Sequential(
        padded(nn.Conv2d(3, 32, 3, 2)), nn.ReLU(),
        Reduction(32, 64, activate_first=False), Reduction(64, 128), Main(128), Main(128), Reduction(128, 256),
        Separable(256, 512), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 2),
    )


NETS = {"simple-net": nets.simple_net, "my-net": nets.my_net, "tiny-xception": tiny_xception}


def load(folder):
    told = json.loads((folder / "net.json").read_text())
    net, values = NETS[told["net"]]().eval(), np.fromfile(folder / "weights.f32", np.float32)
    at = 0
    for name, tensor in net.state_dict().items():
        tensor.copy_(torch.from_numpy(values[at : at + tensor.numel()].copy()).reshape(tensor.shape))
        at += tensor.numel()
    assert at == len(values), f"{len(values)} weights, of which {at} fit"
    size = told["imageSize"]
    images = np.fromfile(folder / "images.f32", np.float32).reshape(-1, size, size, 3).transpose(0, 3, 1, 2)
    for parameter in net.parameters():
        parameter.requires_grad_(False)
    return net, torch.from_numpy(np.ascontiguousarray(images)), told["batch"]


def saliency(net, images, batch):
    """Of each image the map of the class that its index names: 0, 1, 0, …"""
    maps = []
    for first in range(0, len(images), batch):
        x = images[first : first + batch].detach().requires_grad_()
        classes = (torch.arange(len(x)) + first) % 2
        net(x).gather(1, classes[:, None]).sum().backward()
        maps.append(x.grad.abs().amax(1))
    return torch.cat(maps)


def main():
    torch.set_num_threads(2)
    net, images, batch = load(Path(sys.argv[1]))
    print(torch.__version__, flush=True)
    for line in sys.stdin:
        command, argument = line.split(maxsplit=1)
        if command == "maps":
            saliency(net, images, batch).numpy().tofile(argument.strip())
            print("ok", flush=True)
            continue
        memory_format = FORMATS[argument.strip()]
        net, inputs = net.to(memory_format=memory_format), images.contiguous(memory_format=memory_format)
        start = time.perf_counter()
        saliency(net, inputs, batch)
        print(time.perf_counter() - start, flush=True)


main()
