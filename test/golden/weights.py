"""Golden values for src/learning/models/weights from PyTorch: python3 weights.py > weights.json (made with 2.6.0)."""

import base64
import json
import struct

import torch
from torch import nn

torch.manual_seed(20)
types = {torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16", torch.int64: "I64"}


def safetensors(state):
    """The bytes of a safetensors file, after the format's own description; the package is not in Debian."""
    header, data = {}, b""
    for name, tensor in state.items():
        raw = tensor.contiguous().flatten().view(torch.uint8).numpy().tobytes()
        header[name] = {"dtype": types[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    return base64.b64encode(struct.pack("<Q", len(text)) + text + data).decode()


class Separable(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.depthwise = nn.Conv2d(inputs, inputs, 3, groups=inputs, bias=False)
        self.pointwise = nn.Conv2d(inputs, outputs, 1)

    def forward(self, x):
        return self.pointwise(self.depthwise(x))


class Net(nn.Module):
    """The layers of the test, which calls them the same."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 4, 3, stride=2)
        self.bn1 = nn.BatchNorm2d(4)
        self.deep = nn.ModuleDict({"sepconv": Separable(4, 5)})
        self.bn2 = nn.BatchNorm1d(5 * 2 * 2)
        self.dense1 = nn.Linear(5 * 2 * 2, 4)
        self.dense2 = nn.Linear(4, 2)

    def forward(self, x):
        x = torch.relu(self.bn1(self.conv1(x)))
        x = torch.relu(self.deep["sepconv"](x))
        x = self.bn2(torch.flatten(x, 1))
        return self.dense2(torch.relu(self.dense1(x)))


net = Net()
for _ in range(3):
    net(torch.randn(6, 3, 10, 10))
net.eval()
images = torch.randn(2, 3, 10, 10)
with torch.no_grad():
    for module in net.modules():
        if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)):
            module.weight.uniform_(0.5, 2)
            module.bias.uniform_(-1, 1)
    logits = net(images)

halves = torch.tensor([0.0, -0.0, 1.0, -1.5, 65504.0, 6.1e-5, 5.96e-8, -3.1e-6, float("inf"), 3.14159])
print(
    json.dumps(
        {
            "images": images.permute(0, 2, 3, 1).flatten().tolist(),
            "logits": logits.flatten().tolist(),
            "net": safetensors(net.state_dict()),
            "numbers": safetensors({"half": halves.half(), "brain": halves.bfloat16()}),
            "half": [None if abs(x) == float("inf") else x for x in halves.half().float().tolist()],
            "brain": [None if abs(x) == float("inf") else x for x in halves.bfloat16().float().tolist()],
        }
    )
)
