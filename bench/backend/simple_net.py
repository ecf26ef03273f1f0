"""PyTorch's side of simple-net.ts: runs what standard input asks for and answers with its seconds.

    <forward|step> <contiguous|channels_last>

SimpleNet at 256 x 256 in batches of 32, softmax cross-entropy and Adam(0.001), on two threads.
"""

import sys
import time

import torch
from torch import nn
from torch.nn import functional

BATCH = 32
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


class Peer:
    def __init__(self, memory_format):
        self.model = simple_net().to(memory_format=memory_format)
        self.images = torch.rand(BATCH, 3, 256, 256).contiguous(memory_format=memory_format)
        self.labels = torch.randint(0, 2, (BATCH,))
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=1e-3)

    def forward(self):
        with torch.no_grad():
            self.model(self.images)

    def step(self):
        self.optimizer.zero_grad()
        functional.cross_entropy(self.model(self.images), self.labels).backward()
        self.optimizer.step()


def main():
    torch.manual_seed(0)
    torch.set_num_threads(2)
    peers = {name: Peer(memory_format) for name, memory_format in FORMATS.items()}
    print(torch.__version__, flush=True)
    for line in sys.stdin:
        work, name = line.split()
        start = time.perf_counter()
        getattr(peers[name], work)()
        print(time.perf_counter() - start, flush=True)


main()
