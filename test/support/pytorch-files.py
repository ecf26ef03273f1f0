"""Writes models as PyTorch exports them, and what PyTorch computes with them, into a folder: pytorch-files.py FOLDER.

Debian: python3-torch python3-onnx.
"""
import json
import struct
import sys
from pathlib import Path

import onnx
import torch
from torch import nn

folder = Path(sys.argv[1])
torch.manual_seed(1)
torch.set_num_threads(1)


class Block(nn.Module):
    """A basic block of ResNet (He et al. 2016), with the names of torchvision."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        shortcut = x if self.downsample is None else self.downsample(x)
        x = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        return torch.relu(x + shortcut)


class ResNet18(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        widths = [64, 64, 128, 256, 512]
        for i in range(1, 5):
            blocks = [Block(widths[i - 1], widths[i], 1 if i == 1 else 2), Block(widths[i], widths[i], 1)]
            setattr(self, f"layer{i}", nn.Sequential(*blocks))
        self.fc = nn.Linear(512, classes)

    def forward(self, x):
        x = self.maxpool(torch.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(x.mean((2, 3)))


class ViT(nn.Module):
    """A small vision transformer (Dosovitskiy et al. 2021): patches of 8 x 8, two layers, probabilities of three classes."""

    def __init__(self, size=32, width=32):
        super().__init__()
        self.patches = nn.Conv2d(3, width, 8, 8)
        self.token = nn.Parameter(torch.randn(1, 1, width))
        self.places = nn.Parameter(torch.randn(1, (size // 8) ** 2 + 1, width))
        layer = nn.TransformerEncoderLayer(width, 4, 64, 0, "gelu", batch_first=True, norm_first=True)
        self.layers = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.head = nn.Linear(width, 3)

    def forward(self, x):
        x = self.patches(x).flatten(2).transpose(1, 2)
        x = self.layers(torch.cat([self.token.expand(x.shape[0], -1, -1), x], 1) + self.places)
        return torch.softmax(self.head(x[:, 0]), 1)


class ChannelsLast(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2))

    def forward(self, x):
        return self.net(x.permute(0, 3, 1, 2))


def varied(model):
    """Leaves no weight at its default, moving statistics included."""
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1)
            nn.init.normal_(module.bias, 0, 0.1)
            nn.init.normal_(module.running_mean, 0, 0.1)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
    return model.eval()


def export(name, model, shape, dynamic=None):
    images = torch.randn(shape)
    axes = {} if dynamic is None else {"pixel_values": dynamic, "logits": {0: "batch"}}
    torch.onnx.export(
        model, images, folder / f"{name}.onnx", opset_version=17, dynamo=False,
        input_names=["pixel_values"], output_names=["logits"], dynamic_axes=axes,
    )  # fmt: skip
    return model


def compare(name, model, images):
    """What PyTorch computes for images, channels first."""
    with torch.no_grad():
        logits = model(images)
    parameters = sum(parameter.numel() for parameter in model.parameters())
    expected = {"shape": list(images.shape), "logits": logits.tolist(), "parameters": parameters}
    (folder / f"{name}.json").write_text(json.dumps(expected))
    images.permute(0, 2, 3, 1).contiguous().numpy().tofile(folder / f"{name}.images")


def write_safetensors(path, state):
    header, offset = {}, 0
    tensors = {name: value.float().contiguous() for name, value in state.items() if value.dtype == torch.float32}
    for name, value in tensors.items():
        end = offset + 4 * value.numel()
        header[name] = {"dtype": "F32", "shape": list(value.shape), "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for value in tensors.values():
            file.write(value.numpy().tobytes())


resnet = varied(ResNet18(3))
export("resnet", resnet, (1, 3, 65, 65), {0: "batch"})
compare("resnet", resnet, torch.randn(5, 3, 65, 65))
write_safetensors(folder / "resnet.safetensors", resnet.state_dict())

vit = varied(ViT())
for parameter in vit.parameters():  # its layers begin alike, and an exporter keeps equal weights once
    nn.init.normal_(parameter, 0, 0.3)
export("vit", vit, (2, 3, 32, 32))
compare("vit", vit, torch.randn(5, 3, 32, 32))

last = varied(ChannelsLast())
export("channels-last", last, (1, 16, 16, 3), {0: "batch"})
export("dynamic", last.net, (1, 3, 16, 16), {0: "batch", 2: "height", 3: "width"})
compare("dynamic", last.net, torch.randn(3, 3, 16, 16))

broken = onnx.load(folder / "dynamic.onnx")
broken.graph.node[1].op_type = "FancyRelu"
onnx.save(broken, folder / "unsupported.onnx")
onnx.save(onnx.load(folder / "dynamic.onnx"), folder / "apart.onnx", save_as_external_data=True, size_threshold=0, location="apart.data")
