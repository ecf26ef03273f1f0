"""PyTorch's side of nets.ts: runs what standard input asks for and answers with its seconds.

    <net> <forward|frozen|step|saliency> <contiguous|channels_last>

The nets of nets.ts with the same sizes and batches, softmax cross-entropy and Adam, on two threads.
"""

import sys
import time
from importlib import util
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional

SIZE = 256
PUBLISHED_SIZE = 224
FORMATS = {"contiguous": torch.contiguous_format, "channels_last": torch.channels_last}


def simple_net():
    return nn.Sequential(
        nn.Conv2d(3, 6, 7), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 7), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 24, 7), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(24 * 26 * 26, 1024), nn.ReLU(),
        nn.Linear(1024, 256), nn.ReLU(),
        nn.Linear(256, 2),
    )


def my_net():
    return nn.Sequential(
        nn.Conv2d(3, 6, 7), nn.MaxPool2d(2), nn.ReLU(),
        nn.Conv2d(6, 16, 7), nn.MaxPool2d(2), nn.ReLU(),
        nn.Conv2d(16, 24, 7), nn.MaxPool2d(2), nn.ReLU(),
        nn.Conv2d(24, 16, 3), nn.MaxPool2d(2), nn.ReLU(),
        nn.Conv2d(16, 16, 5), nn.MaxPool2d(2), nn.ReLU(),
        nn.Flatten(), nn.Dropout(0.35), nn.Linear(256, 2),
    )


class Separable(nn.Sequential):
    def __init__(self, inner, outer):
        super().__init__(
            nn.Conv2d(inner, inner, 3, padding=1, groups=inner, bias=False),
            nn.Conv2d(inner, outer, 1, bias=False),
            nn.BatchNorm2d(outer, eps=1e-3, momentum=0.01),
        )


class Halving(nn.Module):
    def __init__(self, inner, middle, outer, activate_first=True):
        super().__init__()
        self.shortcut = nn.Sequential(nn.Conv2d(inner, outer, 1, 2, bias=False), nn.BatchNorm2d(outer, eps=1e-3, momentum=0.01))
        first = [nn.ReLU()] if activate_first else []
        self.body = nn.Sequential(
            *first, Separable(inner, middle), nn.ReLU(inplace=True), Separable(middle, outer), nn.MaxPool2d(3, 2, 1)
        )

    def forward(self, x):
        return self.body(x) + self.shortcut(x)


class Middle(nn.Module):
    def __init__(self, width=728):
        super().__init__()
        self.body = nn.Sequential(*(layer for _ in range(3) for layer in (nn.ReLU(), Separable(width, width))))

    def forward(self, x):
        return self.body(x) + x


def xception_backbone():
    return nn.Sequential(
        nn.Conv2d(3, 32, 3, 2, bias=False), nn.BatchNorm2d(32, eps=1e-3, momentum=0.01), nn.ReLU(inplace=True),
        nn.Conv2d(32, 64, 3, bias=False), nn.BatchNorm2d(64, eps=1e-3, momentum=0.01), nn.ReLU(inplace=True),
        Halving(64, 128, 128, activate_first=False), Halving(128, 256, 256), Halving(256, 728, 728),
        *(Middle() for _ in range(8)),
        Halving(728, 728, 1024),
        Separable(1024, 1536), nn.ReLU(inplace=True), Separable(1536, 2048), nn.ReLU(inplace=True),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(),
    )


class Residual(nn.Module):
    def __init__(self, inner, outer, stride):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(inner, outer, 3, stride, 1, bias=False), nn.BatchNorm2d(outer), nn.ReLU(inplace=True),
            nn.Conv2d(outer, outer, 3, 1, 1, bias=False), nn.BatchNorm2d(outer),
        )
        halving = [nn.Conv2d(inner, outer, 1, stride, bias=False), nn.BatchNorm2d(outer)]
        self.shortcut = nn.Sequential(*(halving if stride > 1 else []))
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x):
        return self.relu(self.body(x) + self.shortcut(x))


def resnet_18():
    """torchvision's, written out."""
    return nn.Sequential(
        nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, 1),
        Residual(64, 64, 1), Residual(64, 64, 1), Residual(64, 128, 2), Residual(128, 128, 1),
        Residual(128, 256, 2), Residual(256, 256, 1), Residual(256, 512, 2), Residual(512, 512, 1),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 2),
    )


def published(name):
    """A net of torchvision or timm without its classifier, as the tests have it."""
    path = Path(__file__).parents[2] / "test/support/pytorch-architectures.py"
    spec = util.spec_from_file_location("architectures", path)
    architectures = util.module_from_spec(spec)
    spec.loader.exec_module(architectures)
    make, _, _ = architectures.NETWORKS[name]
    net = make()
    if name == "vit_small":
        width, net.head = net.head.in_features, nn.Identity()
    else:
        width, net.classifier = net.classifier[-1].in_features, nn.Identity()
    return net, width


class Peer:
    """A net with its training, on random images."""

    def __init__(self, net, memory_format):
        self.backbone, self.head, batch, size = NETS[net]()
        self.net = nn.Sequential(self.backbone, self.head).to(memory_format=memory_format)
        self.images = torch.rand(batch, 3, size, size).contiguous(memory_format=memory_format)
        self.labels = torch.randint(0, 2, (batch,))
        self.optimizers = {
            "step": torch.optim.Adam(self.net.parameters(), lr=1e-4),
            "frozen": torch.optim.Adam(self.head.parameters(), lr=1e-4) if len(list(self.head.parameters())) else None,
        }

    def forward(self):
        self.net.eval()
        with torch.no_grad():
            self.net(self.images)

    def frozen(self):
        self.backbone.eval()
        with torch.no_grad():
            features = self.backbone(self.images)
        self.learn("frozen", lambda: self.head(features))

    def step(self):
        self.net.train()
        self.learn("step", lambda: self.net(self.images))

    def saliency(self):
        """The maps of 300 images, of no weight's gradient."""
        self.net.eval()
        for first in range(0, 300, len(self.images)):
            x = self.images[: 300 - first].detach().requires_grad_()
            score = self.net(x).gather(1, self.labels[: len(x), None]).sum()
            torch.autograd.grad(score, x)[0].abs().amax(1)

    def learn(self, work, logits):
        self.optimizers[work].zero_grad()
        functional.cross_entropy(logits(), self.labels).backward()
        self.optimizers[work].step()


def with_head(name, batch):
    backbone, width = published(name)
    return backbone, nn.Linear(width, 2), batch, PUBLISHED_SIZE


NETS = {
    "simple-net": lambda: (simple_net(), nn.Sequential(), 32, SIZE),
    "my-net": lambda: (my_net(), nn.Sequential(), 32, SIZE),
    "resnet-18": lambda: (resnet_18(), nn.Sequential(), 32, SIZE),
    "xception": lambda: (xception_backbone(), nn.Linear(2048, 2), 8, SIZE),
    "mobilenet-v2": lambda: with_head("mobilenet_v2", 16),
    "efficientnet-b0": lambda: with_head("efficientnet_b0", 16),
    "vit-small": lambda: with_head("vit_small", 8),
}


def expect_fast_products():
    """Debian's reference BLAS, which PyTorch has where no other is installed, takes twenty times as long."""
    libraries = Path("/proc/self/maps").read_text()
    if not any(name in libraries for name in ("openblas", "mkl", "blis")):
        sys.exit("PyTorch multiplies matrices by the reference BLAS here. Install libopenblas0-pthread.")


def main():
    expect_fast_products()
    torch.manual_seed(0)
    torch.set_num_threads(2)
    peers = {}
    print(torch.__version__, flush=True)
    for line in sys.stdin:
        net, work, name = line.split()
        if (net, name) not in peers:
            peers[net, name] = Peer(net, FORMATS[name])
        start = time.perf_counter()
        getattr(peers[net, name], work)()
        print(time.perf_counter() - start, flush=True)


if __name__ == "__main__":
    main()
