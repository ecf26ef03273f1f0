"""Writes networks as torchvision and timm define them, and what PyTorch computes with them. Weights are random.

pytorch-architectures.py FOLDER NAME...
    For each network as PyTorch exports it: NAME.onnx, NAME-folded.onnx, NAME.json (what it is, where numbers are) and
    NAME.f32 (the numbers).
pytorch-architectures.py --weights SIZE FOLDER NAME
    Its weights, NAME.pth, and NAME.json with images of SIZE pixels a side, logits and norms of gradients.

Debian: python3-torch python3-onnx.
"""
import json
import math
import sys
from functools import partial
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

CLASSES = 10


def conv_bn(inputs, outputs, kernel=3, stride=1, groups=1, activation=nn.ReLU, eps=1e-5, padding=None, momentum=0.1):
    """A convolution with BatchNorm and an activation, as torchvision's Conv2dNormActivation names them."""
    padding = (kernel - 1) // 2 if padding is None else padding
    conv = nn.Conv2d(inputs, outputs, kernel, stride, padding, groups=groups, bias=False)
    layers = [conv, nn.BatchNorm2d(outputs, eps, momentum)]
    return nn.Sequential(*layers, *([activation()] if activation else []))


class BasicBlock(nn.Module):
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
        around = x if self.downsample is None else self.downsample(x)
        return F.relu(self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x))))) + around)


class ResNet18(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        inputs = 64
        for i, width in enumerate([64, 128, 256, 512]):
            stage = nn.Sequential(BasicBlock(inputs, width, 2 if i else 1), BasicBlock(width, width, 1))
            setattr(self, f"layer{i + 1}", stage)
            inputs = width
        self.fc = nn.Linear(512, CLASSES)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(torch.flatten(F.adaptive_avg_pool2d(x, 1), 1))


class Bottleneck(nn.Module):
    def __init__(self, inputs, width, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, 4 * width, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(4 * width)
        self.downsample = None
        if stride != 1 or inputs != 4 * width:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, 4 * width, 1, stride, bias=False), nn.BatchNorm2d(4 * width))

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        y = F.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        return F.relu(y + (x if self.downsample is None else self.downsample(x)))


class ResNet50(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        inputs = 64
        for stage, blocks in enumerate([3, 4, 6, 3]):
            width = 64 * 2**stage
            layers = []
            for i in range(blocks):
                layers.append(Bottleneck(inputs, width, 2 if i == 0 and stage > 0 else 1))
                inputs = 4 * width
            setattr(self, f"layer{stage + 1}", nn.Sequential(*layers))
        self.fc = nn.Linear(2048, CLASSES)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(torch.flatten(F.adaptive_avg_pool2d(x, 1), 1))


class DenseLayer(nn.Module):
    def __init__(self, inputs, growth=32):
        super().__init__()
        self.norm1 = nn.BatchNorm2d(inputs)
        self.conv1 = nn.Conv2d(inputs, 4 * growth, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(4 * growth)
        self.conv2 = nn.Conv2d(4 * growth, growth, 3, padding=1, bias=False)

    def forward(self, x):
        return self.conv2(F.relu(self.norm2(self.conv1(F.relu(self.norm1(x))))))


class DenseBlock(nn.ModuleDict):
    def __init__(self, layers, inputs):
        super().__init__({f"denselayer{i + 1}": DenseLayer(inputs + 32 * i) for i in range(layers)})

    def forward(self, x):
        parts = [x]
        for layer in self.values():
            parts.append(layer(torch.cat(parts, 1)))
        return torch.cat(parts, 1)


class Transition(nn.Module):
    def __init__(self, inputs):
        super().__init__()
        self.norm = nn.BatchNorm2d(inputs)
        self.conv = nn.Conv2d(inputs, inputs // 2, 1, bias=False)

    def forward(self, x):
        return F.avg_pool2d(self.conv(F.relu(self.norm(x))), 2, 2)


class DenseNet121(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential()
        self.features.add_module("conv0", nn.Conv2d(3, 64, 7, 2, 3, bias=False))
        self.features.add_module("norm0", nn.BatchNorm2d(64))
        self.features.add_module("relu0", nn.ReLU())
        self.features.add_module("pool0", nn.MaxPool2d(3, 2, 1))
        width = 64
        for i, layers in enumerate([6, 12, 24, 16]):
            self.features.add_module(f"denseblock{i + 1}", DenseBlock(layers, width))
            width += 32 * layers
            if i < 3:
                self.features.add_module(f"transition{i + 1}", Transition(width))
                width //= 2
        self.features.add_module("norm5", nn.BatchNorm2d(width))
        self.classifier = nn.Linear(width, CLASSES)

    def forward(self, x):
        x = F.relu(self.features(x))
        return self.classifier(torch.flatten(F.adaptive_avg_pool2d(x, (1, 1)), 1))


class VGG11(nn.Module):
    def __init__(self):
        super().__init__()
        layers, inputs = [], 3
        for width in [64, "M", 128, "M", 256, 256, "M", 512, 512, "M", 512, 512, "M"]:
            if width == "M":
                layers.append(nn.MaxPool2d(2, 2))
            else:
                layers += [nn.Conv2d(inputs, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU()]
                inputs = width
        self.features = nn.Sequential(*layers)
        self.avgpool = nn.AdaptiveAvgPool2d(7)
        dense = [nn.Linear(512 * 49, 4096), nn.ReLU(), nn.Dropout(), nn.Linear(4096, 4096), nn.ReLU(), nn.Dropout()]
        self.classifier = nn.Sequential(*dense, nn.Linear(4096, CLASSES))

    def forward(self, x):
        return self.classifier(torch.flatten(self.avgpool(self.features(x)), 1))


class BasicConv(nn.Module):
    def __init__(self, inputs, outputs, **how):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, bias=False, **how)
        self.bn = nn.BatchNorm2d(outputs, eps=0.001)

    def forward(self, x):
        return F.relu(self.bn(self.conv(x)))


class InceptionA(nn.Module):
    def __init__(self, inputs, pooled):
        super().__init__()
        self.branch1x1 = BasicConv(inputs, 64, kernel_size=1)
        self.branch5x5_1 = BasicConv(inputs, 48, kernel_size=1)
        self.branch5x5_2 = BasicConv(48, 64, kernel_size=5, padding=2)
        self.branch3x3dbl_1 = BasicConv(inputs, 64, kernel_size=1)
        self.branch3x3dbl_2 = BasicConv(64, 96, kernel_size=3, padding=1)
        self.branch3x3dbl_3 = BasicConv(96, 96, kernel_size=3, padding=1)
        self.branch_pool = BasicConv(inputs, pooled, kernel_size=1)

    def forward(self, x):
        double = self.branch3x3dbl_3(self.branch3x3dbl_2(self.branch3x3dbl_1(x)))
        pooled = self.branch_pool(F.avg_pool2d(x, 3, 1, 1))
        return torch.cat([self.branch1x1(x), self.branch5x5_2(self.branch5x5_1(x)), double, pooled], 1)


class InceptionB(nn.Module):
    def __init__(self, inputs):
        super().__init__()
        self.branch3x3 = BasicConv(inputs, 384, kernel_size=3, stride=2)
        self.branch3x3dbl_1 = BasicConv(inputs, 64, kernel_size=1)
        self.branch3x3dbl_2 = BasicConv(64, 96, kernel_size=3, padding=1)
        self.branch3x3dbl_3 = BasicConv(96, 96, kernel_size=3, stride=2)

    def forward(self, x):
        double = self.branch3x3dbl_3(self.branch3x3dbl_2(self.branch3x3dbl_1(x)))
        return torch.cat([self.branch3x3(x), double, F.max_pool2d(x, 3, 2)], 1)


class InceptionC(nn.Module):
    def __init__(self, inputs, width):
        super().__init__()
        across, down = dict(kernel_size=(1, 7), padding=(0, 3)), dict(kernel_size=(7, 1), padding=(3, 0))
        self.branch1x1 = BasicConv(inputs, 192, kernel_size=1)
        self.branch7x7_1 = BasicConv(inputs, width, kernel_size=1)
        self.branch7x7_2 = BasicConv(width, width, **across)
        self.branch7x7_3 = BasicConv(width, 192, **down)
        self.branch7x7dbl_1 = BasicConv(inputs, width, kernel_size=1)
        self.branch7x7dbl_2 = BasicConv(width, width, **down)
        self.branch7x7dbl_3 = BasicConv(width, width, **across)
        self.branch7x7dbl_4 = BasicConv(width, width, **down)
        self.branch7x7dbl_5 = BasicConv(width, 192, **across)
        self.branch_pool = BasicConv(inputs, 192, kernel_size=1)

    def forward(self, x):
        seven = self.branch7x7_3(self.branch7x7_2(self.branch7x7_1(x)))
        double = x
        for i in range(1, 6):
            double = getattr(self, f"branch7x7dbl_{i}")(double)
        return torch.cat([self.branch1x1(x), seven, double, self.branch_pool(F.avg_pool2d(x, 3, 1, 1))], 1)


class InceptionD(nn.Module):
    def __init__(self, inputs):
        super().__init__()
        self.branch3x3_1 = BasicConv(inputs, 192, kernel_size=1)
        self.branch3x3_2 = BasicConv(192, 320, kernel_size=3, stride=2)
        self.branch7x7x3_1 = BasicConv(inputs, 192, kernel_size=1)
        self.branch7x7x3_2 = BasicConv(192, 192, kernel_size=(1, 7), padding=(0, 3))
        self.branch7x7x3_3 = BasicConv(192, 192, kernel_size=(7, 1), padding=(3, 0))
        self.branch7x7x3_4 = BasicConv(192, 192, kernel_size=3, stride=2)

    def forward(self, x):
        seven = x
        for i in range(1, 5):
            seven = getattr(self, f"branch7x7x3_{i}")(seven)
        return torch.cat([self.branch3x3_2(self.branch3x3_1(x)), seven, F.max_pool2d(x, 3, 2)], 1)


class InceptionE(nn.Module):
    def __init__(self, inputs):
        super().__init__()
        across, down = dict(kernel_size=(1, 3), padding=(0, 1)), dict(kernel_size=(3, 1), padding=(1, 0))
        self.branch1x1 = BasicConv(inputs, 320, kernel_size=1)
        self.branch3x3_1 = BasicConv(inputs, 384, kernel_size=1)
        self.branch3x3_2a = BasicConv(384, 384, **across)
        self.branch3x3_2b = BasicConv(384, 384, **down)
        self.branch3x3dbl_1 = BasicConv(inputs, 448, kernel_size=1)
        self.branch3x3dbl_2 = BasicConv(448, 384, kernel_size=3, padding=1)
        self.branch3x3dbl_3a = BasicConv(384, 384, **across)
        self.branch3x3dbl_3b = BasicConv(384, 384, **down)
        self.branch_pool = BasicConv(inputs, 192, kernel_size=1)

    def forward(self, x):
        three = self.branch3x3_1(x)
        double = self.branch3x3dbl_2(self.branch3x3dbl_1(x))
        parts = [self.branch3x3_2a(three), self.branch3x3_2b(three)]
        parts += [self.branch3x3dbl_3a(double), self.branch3x3dbl_3b(double)]
        return torch.cat([self.branch1x1(x), *parts, self.branch_pool(F.avg_pool2d(x, 3, 1, 1))], 1)


class InceptionV3(nn.Module):
    """Without the auxiliary classifier, which is for training alone. `transforms` images as its published weights want."""

    def __init__(self, transforms=True):
        super().__init__()
        self.transforms = transforms
        self.Conv2d_1a_3x3 = BasicConv(3, 32, kernel_size=3, stride=2)
        self.Conv2d_2a_3x3 = BasicConv(32, 32, kernel_size=3)
        self.Conv2d_2b_3x3 = BasicConv(32, 64, kernel_size=3, padding=1)
        self.Conv2d_3b_1x1 = BasicConv(64, 80, kernel_size=1)
        self.Conv2d_4a_3x3 = BasicConv(80, 192, kernel_size=3)
        self.Mixed_5b, self.Mixed_5c, self.Mixed_5d = InceptionA(192, 32), InceptionA(256, 64), InceptionA(288, 64)
        self.Mixed_6a = InceptionB(288)
        for letter, width in zip("bcde", [128, 160, 160, 192]):
            setattr(self, f"Mixed_6{letter}", InceptionC(768, width))
        self.Mixed_7a, self.Mixed_7b, self.Mixed_7c = InceptionD(768), InceptionE(1280), InceptionE(2048)
        self.dropout = nn.Dropout(0.5)
        self.fc = nn.Linear(2048, CLASSES)

    def forward(self, x):
        if self.transforms:
            mean, deviation = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
            channels = [x[:, c].unsqueeze(1) * (deviation[c] / 0.5) + (mean[c] - 0.5) / 0.5 for c in range(3)]
            x = torch.cat(channels, 1)
        x = self.Conv2d_2b_3x3(self.Conv2d_2a_3x3(self.Conv2d_1a_3x3(x)))
        x = F.max_pool2d(self.Conv2d_4a_3x3(self.Conv2d_3b_1x1(F.max_pool2d(x, 3, 2))), 3, 2)
        for name in ["5b", "5c", "5d", "6a", "6b", "6c", "6d", "6e", "7a", "7b", "7c"]:
            x = getattr(self, f"Mixed_{name}")(x)
        return self.fc(torch.flatten(self.dropout(F.adaptive_avg_pool2d(x, (1, 1))), 1))


class InvertedResidual(nn.Module):
    def __init__(self, inputs, outputs, stride, expand):
        super().__init__()
        hidden = inputs * expand
        layers = [conv_bn(inputs, hidden, 1, activation=nn.ReLU6)] if expand != 1 else []
        layers.append(conv_bn(hidden, hidden, 3, stride, hidden, nn.ReLU6))
        self.conv = nn.Sequential(*layers, nn.Conv2d(hidden, outputs, 1, bias=False), nn.BatchNorm2d(outputs))
        self.adds = stride == 1 and inputs == outputs

    def forward(self, x):
        return x + self.conv(x) if self.adds else self.conv(x)


class MobileNetV2(nn.Module):
    def __init__(self):
        super().__init__()
        rows = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]
        layers, inputs = [conv_bn(3, 32, 3, 2, activation=nn.ReLU6)], 32
        for expand, width, count, stride in rows:
            for i in range(count):
                layers.append(InvertedResidual(inputs, width, stride if i == 0 else 1, expand))
                inputs = width
        self.features = nn.Sequential(*layers, conv_bn(320, 1280, 1, activation=nn.ReLU6))
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(1280, CLASSES))

    def forward(self, x):
        return self.classifier(torch.flatten(F.adaptive_avg_pool2d(self.features(x), (1, 1)), 1))


class SqueezeExcitation(nn.Module):
    def __init__(self, channels, squeezed, activation, gate):
        super().__init__()
        self.fc1, self.fc2 = nn.Conv2d(channels, squeezed, 1), nn.Conv2d(squeezed, channels, 1)
        self.avgpool, self.activation, self.gate = nn.AdaptiveAvgPool2d(1), activation(), gate()

    def forward(self, x):
        return self.gate(self.fc2(self.activation(self.fc1(self.avgpool(x))))) * x


def divisible(value):
    rounded = max(8, int(value + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * value else rounded


class MobileNetV3Block(nn.Module):
    def __init__(self, inputs, kernel, hidden, outputs, excites, activation, stride):
        super().__init__()
        how = dict(activation=activation, eps=0.001, momentum=0.01)
        layers = [conv_bn(inputs, hidden, 1, **how)] if hidden != inputs else []
        layers.append(conv_bn(hidden, hidden, kernel, stride, hidden, **how))
        if excites:
            layers.append(SqueezeExcitation(hidden, divisible(hidden // 4), nn.ReLU, nn.Hardsigmoid))
        layers.append(conv_bn(hidden, outputs, 1, **{**how, "activation": None}))
        self.block = nn.Sequential(*layers)
        self.adds = stride == 1 and inputs == outputs

    def forward(self, x):
        return self.block(x) + x if self.adds else self.block(x)


class MobileNetV3Small(nn.Module):
    def __init__(self):
        super().__init__()
        relu, swish = nn.ReLU, nn.Hardswish
        rows = [
            (16, 3, 16, 16, True, relu, 2), (16, 3, 72, 24, False, relu, 2), (24, 3, 88, 24, False, relu, 1),
            (24, 5, 96, 40, True, swish, 2), (40, 5, 240, 40, True, swish, 1), (40, 5, 240, 40, True, swish, 1),
            (40, 5, 120, 48, True, swish, 1), (48, 5, 144, 48, True, swish, 1), (48, 5, 288, 96, True, swish, 2),
            (96, 5, 576, 96, True, swish, 1), (96, 5, 576, 96, True, swish, 1),
        ]
        how = dict(activation=swish, eps=0.001, momentum=0.01)
        blocks = [MobileNetV3Block(*row) for row in rows]
        self.features = nn.Sequential(conv_bn(3, 16, 3, 2, **how), *blocks, conv_bn(96, 576, 1, **how))
        self.classifier = nn.Sequential(nn.Linear(576, 1024), swish(), nn.Dropout(0.2), nn.Linear(1024, CLASSES))

    def forward(self, x):
        return self.classifier(torch.flatten(F.adaptive_avg_pool2d(self.features(x), 1), 1))


class MBConv(nn.Module):
    def __init__(self, expand, kernel, stride, inputs, outputs):
        super().__init__()
        hidden = inputs * expand
        layers = [conv_bn(inputs, hidden, 1, activation=nn.SiLU)] if expand != 1 else []
        layers.append(conv_bn(hidden, hidden, kernel, stride, hidden, nn.SiLU))
        layers.append(SqueezeExcitation(hidden, max(1, inputs // 4), nn.SiLU, nn.Sigmoid))
        layers.append(conv_bn(hidden, outputs, 1, activation=None))
        self.block = nn.Sequential(*layers)
        self.adds = stride == 1 and inputs == outputs

    def forward(self, x):
        return self.block(x) + x if self.adds else self.block(x)


class EfficientNetB0(nn.Module):
    def __init__(self):
        super().__init__()
        rows = [
            (1, 3, 1, 32, 16, 1), (6, 3, 2, 16, 24, 2), (6, 5, 2, 24, 40, 2), (6, 3, 2, 40, 80, 3),
            (6, 5, 1, 80, 112, 3), (6, 5, 2, 112, 192, 4), (6, 3, 1, 192, 320, 1),
        ]
        stages = []
        for expand, kernel, stride, inputs, outputs, count in rows:
            others = [MBConv(expand, kernel, 1, outputs, outputs) for _ in range(count - 1)]
            stages.append(nn.Sequential(MBConv(expand, kernel, stride, inputs, outputs), *others))
        stem, end = conv_bn(3, 32, 3, 2, activation=nn.SiLU), conv_bn(320, 1280, 1, activation=nn.SiLU)
        self.features = nn.Sequential(stem, *stages, end)
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(1280, CLASSES))

    def forward(self, x):
        return self.classifier(torch.flatten(F.adaptive_avg_pool2d(self.features(x), 1), 1))


class LayerNorm2d(nn.LayerNorm):
    def forward(self, x):
        x = F.layer_norm(x.permute(0, 2, 3, 1), self.normalized_shape, self.weight, self.bias, self.eps)
        return x.permute(0, 3, 1, 2)


class Permute(nn.Module):
    def __init__(self, *order):
        super().__init__()
        self.order = order

    def forward(self, x):
        return x.permute(*self.order)


class ConvNextBlock(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.layer_scale = nn.Parameter(torch.ones(width, 1, 1) * 1e-6)
        dense = [nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)]
        depthwise = nn.Conv2d(width, width, 7, padding=3, groups=width)
        norm = nn.LayerNorm(width, eps=1e-6)
        self.block = nn.Sequential(depthwise, Permute(0, 2, 3, 1), norm, *dense, Permute(0, 3, 1, 2))

    def forward(self, x):
        return x + self.layer_scale * self.block(x)


class ConvNextTiny(nn.Module):
    def __init__(self):
        super().__init__()
        norm = partial(LayerNorm2d, eps=1e-6)
        stages, widths = [nn.Sequential(nn.Conv2d(3, 96, 4, 4), norm(96))], [96, 192, 384, 768]
        for i, count in enumerate([3, 3, 9, 3]):
            stages.append(nn.Sequential(*[ConvNextBlock(widths[i]) for _ in range(count)]))
            if i < 3:
                stages.append(nn.Sequential(norm(widths[i]), nn.Conv2d(widths[i], widths[i + 1], 2, 2)))
        self.features = nn.Sequential(*stages)
        self.classifier = nn.Sequential(norm(768), nn.Flatten(1), nn.Linear(768, CLASSES))

    def forward(self, x):
        return self.classifier(F.adaptive_avg_pool2d(self.features(x), 1))


class EncoderBlock(nn.Module):
    def __init__(self, heads, width, hidden):
        super().__init__()
        self.ln_1 = nn.LayerNorm(width, eps=1e-6)
        self.self_attention = nn.MultiheadAttention(width, heads, batch_first=True)
        self.ln_2 = nn.LayerNorm(width, eps=1e-6)
        self.mlp = nn.Sequential(nn.Linear(width, hidden), nn.GELU(), nn.Dropout(0.0), nn.Linear(hidden, width))

    def forward(self, x):
        y = self.ln_1(x)
        x = x + self.self_attention(y, y, y, need_weights=False)[0]
        return x + self.mlp(self.ln_2(x))


class Encoder(nn.Module):
    def __init__(self, tokens, layers, heads, width, hidden):
        super().__init__()
        self.pos_embedding = nn.Parameter(torch.empty(1, tokens, width).normal_(std=0.02))
        self.layers = nn.ModuleDict({f"encoder_layer_{i}": EncoderBlock(heads, width, hidden) for i in range(layers)})
        self.ln = nn.LayerNorm(width, eps=1e-6)

    def forward(self, x):
        x = x + self.pos_embedding
        for layer in self.layers.values():
            x = layer(x)
        return self.ln(x)


class ViTB16(nn.Module):
    """torchvision's: attention by nn.MultiheadAttention."""

    def __init__(self):
        super().__init__()
        self.conv_proj = nn.Conv2d(3, 768, 16, 16)
        self.class_token = nn.Parameter(torch.randn(1, 1, 768) * 0.02)
        self.encoder = Encoder(197, 12, 12, 768, 3072)
        self.heads = nn.Sequential()
        self.heads.add_module("head", nn.Linear(768, CLASSES))

    def forward(self, x):
        n = x.shape[0]
        x = self.conv_proj(x).reshape(n, 768, 196).permute(0, 2, 1)
        return self.heads(self.encoder(torch.cat([self.class_token.expand(n, -1, -1), x], 1))[:, 0])


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, x):
        n, tokens, width = x.shape
        qkv = self.qkv(x).reshape(n, tokens, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        q, k, v = qkv.unbind(0)
        return self.proj(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(n, tokens, width))


class Mlp(nn.Module):
    def __init__(self, width, hidden):
        super().__init__()
        self.fc1, self.act, self.fc2 = nn.Linear(width, hidden), nn.GELU(), nn.Linear(hidden, width)

    def forward(self, x):
        return self.fc2(self.act(self.fc1(x)))


class TimmBlock(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.norm1, self.attn = nn.LayerNorm(width, eps=1e-6), Attention(width, heads)
        self.norm2, self.mlp = nn.LayerNorm(width, eps=1e-6), Mlp(width, 4 * width)

    def forward(self, x):
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class PatchEmbed(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.proj = nn.Conv2d(3, width, 16, 16)

    def forward(self, x):
        return self.proj(x).flatten(2).transpose(1, 2)


class TimmViT(nn.Module):
    """ViT-S/16 and DeiT-Ti differ in their width."""

    def __init__(self, width, heads, size=224):
        super().__init__()
        self.patch_embed = PatchEmbed(width)
        self.cls_token = nn.Parameter(torch.randn(1, 1, width) * 0.02)
        self.pos_embed = nn.Parameter(torch.randn(1, (size // 16) ** 2 + 1, width) * 0.02)
        self.blocks = nn.Sequential(*[TimmBlock(width, heads) for _ in range(12)])
        self.norm, self.head = nn.LayerNorm(width, eps=1e-6), nn.Linear(width, CLASSES)

    def forward(self, x):
        x = self.patch_embed(x)
        x = torch.cat([self.cls_token.expand(x.shape[0], -1, -1), x], 1) + self.pos_embed
        return self.head(self.norm(self.blocks(x))[:, 0])


class ShiftedWindowAttention(nn.Module):
    """Windows of 7 x 7, shifted by 3 in every second block, as torchvision computes them."""

    def __init__(self, width, heads, shift):
        super().__init__()
        self.heads, self.shift = heads, shift
        self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.relative_position_bias_table = nn.Parameter(torch.randn(13 * 13, heads) * 0.02)
        places = torch.stack(torch.meshgrid(torch.arange(7), torch.arange(7), indexing="ij")).flatten(1)
        apart = (places[:, :, None] - places[:, None, :]).permute(1, 2, 0) + 6
        self.register_buffer("relative_position_index", (apart[..., 0] * 13 + apart[..., 1]).flatten())

    def forward(self, x):
        n, height, width, channels = x.shape
        right, bottom = (7 - width % 7) % 7, (7 - height % 7) % 7
        x = F.pad(x, (0, 0, 0, right, 0, bottom))
        _, rows, columns, _ = x.shape
        shifts = [0 if rows <= 7 else self.shift, 0 if columns <= 7 else self.shift]
        if sum(shifts) > 0:
            x = torch.roll(x, shifts=(-shifts[0], -shifts[1]), dims=(1, 2))
        windows = (rows // 7) * (columns // 7)
        x = x.view(n, rows // 7, 7, columns // 7, 7, channels).permute(0, 1, 3, 2, 4, 5)
        x = x.reshape(n * windows, 49, channels)
        qkv = self.qkv(x).reshape(n * windows, 49, 3, self.heads, channels // self.heads).permute(2, 0, 3, 1, 4)
        q, k, v = qkv[0], qkv[1], qkv[2]
        attention = (q * (channels // self.heads) ** -0.5).matmul(k.transpose(-2, -1))
        bias = self.relative_position_bias_table[self.relative_position_index].view(49, 49, -1)
        attention = attention + bias.permute(2, 0, 1).contiguous().unsqueeze(0)
        if sum(shifts) > 0:
            attention = attention.view(n, windows, self.heads, 49, 49) + self.mask(x, rows, columns, shifts)
            attention = attention.view(-1, self.heads, 49, 49)
        x = F.softmax(attention, -1).matmul(v).transpose(1, 2).reshape(n * windows, 49, channels)
        x = self.proj(x).view(n, rows // 7, columns // 7, 7, 7, channels).permute(0, 1, 3, 2, 4, 5)
        x = x.reshape(n, rows, columns, channels)
        if sum(shifts) > 0:
            x = torch.roll(x, shifts=(shifts[0], shifts[1]), dims=(1, 2))
        return x[:, :height, :width, :].contiguous()

    def mask(self, x, rows, columns, shifts):
        regions = x.new_zeros((rows, columns))
        region = 0
        for top in ((0, -7), (-7, -shifts[0]), (-shifts[0], None)):
            for left in ((0, -7), (-7, -shifts[1]), (-shifts[1], None)):
                regions[top[0] : top[1], left[0] : left[1]] = region
                region += 1
        regions = regions.view(rows // 7, 7, columns // 7, 7).permute(0, 2, 1, 3).reshape(-1, 49)
        apart = regions.unsqueeze(1) - regions.unsqueeze(2)
        apart = apart.masked_fill(apart != 0, -100.0).masked_fill(apart == 0, 0.0)
        return apart.unsqueeze(1).unsqueeze(0)


class SwinBlock(nn.Module):
    def __init__(self, width, heads, shift):
        super().__init__()
        self.norm1, self.attn = nn.LayerNorm(width), ShiftedWindowAttention(width, heads, shift)
        self.norm2 = nn.LayerNorm(width)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Dropout(0.0), nn.Linear(4 * width, width))

    def forward(self, x):
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class PatchMerging(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.reduction, self.norm = nn.Linear(4 * width, 2 * width, bias=False), nn.LayerNorm(4 * width)

    def forward(self, x):
        height, width, _ = x.shape[-3:]
        x = F.pad(x, (0, 0, 0, width % 2, 0, height % 2))
        parts = [x[..., row::2, column::2, :] for column in (0, 1) for row in (0, 1)]
        return self.reduction(self.norm(torch.cat(parts, -1)))


class SwinT(nn.Module):
    def __init__(self):
        super().__init__()
        layers = [nn.Sequential(nn.Conv2d(3, 96, 4, 4), Permute(0, 2, 3, 1), nn.LayerNorm(96))]
        for i, count in enumerate([2, 2, 6, 2]):
            width, heads = 96 * 2**i, 3 * 2**i
            layers.append(nn.Sequential(*[SwinBlock(width, heads, 3 if j % 2 else 0) for j in range(count)]))
            if i < 3:
                layers.append(PatchMerging(width))
        self.features = nn.Sequential(*layers)
        self.norm, self.head = nn.LayerNorm(768), nn.Linear(768, CLASSES)

    def forward(self, x):
        x = self.norm(self.features(x)).permute(0, 3, 1, 2)
        return self.head(torch.flatten(F.adaptive_avg_pool2d(x, 1), 1))


# Pixels a side, and the published number of parameters with a thousand classes.
NETWORKS = {
    "resnet18": (ResNet18, 64, 11_689_512),
    "resnet50": (ResNet50, 64, 25_557_032),
    "densenet121": (DenseNet121, 64, 7_978_856),
    "vgg11_bn": (VGG11, 224, 132_868_840),
    "inception_v3": (InceptionV3, 107, 23_834_568),
    "mobilenet_v2": (MobileNetV2, 64, 3_504_872),
    "mobilenet_v3_small": (MobileNetV3Small, 64, 2_542_856),
    "efficientnet_b0": (EfficientNetB0, 64, 5_288_548),
    "convnext_tiny": (ConvNextTiny, 64, 28_589_128),
    "vit_b_16": (ViTB16, 224, 86_567_656),
    "swin_t": (SwinT, 224, 28_288_354),
    "deit_tiny": (partial(TimmViT, 192, 3), 224, 5_717_416),
    "vit_small": (partial(TimmViT, 384, 6), 224, 22_050_664),
}


def parameters_of(net):
    return sum(parameter.numel() for parameter in net.parameters())


def check_parameters(name, net):
    """With a thousand classes the network has as many parameters as published."""
    last = [module for module in net.modules() if isinstance(module, nn.Linear)][-1]
    parameters = parameters_of(net) + (1000 - CLASSES) * (last.in_features + 1)
    assert parameters == NETWORKS[name][2], f"{name} has {parameters} parameters"


def vary(net):
    """Statistics, scales and shifts that leave nothing out."""
    for name, value in [*net.named_parameters(), *net.named_buffers()]:
        if name.endswith("running_mean"):
            value.normal_(0, 0.1)
        elif name.endswith("running_var"):
            value.uniform_(0.8, 1.2)
        elif name.endswith("layer_scale"):
            value.data.uniform_(0.1, 0.5)
        elif value.dim() == 1 and value.is_floating_point():
            value.data.add_(torch.randn_like(value) * 0.05)


def loss_of(net, images):
    return F.cross_entropy(net(images), torch.arange(len(images)) % 2)


class Masks:
    """Stands for PyTorch's dropout: keeps what it draws, or drops what another one did."""

    def __init__(self, drawn=None):
        self.drawn, self.remaining = [], None if drawn is None else iter(drawn)

    def __enter__(self):
        self.dropout, F.dropout = F.dropout, self
        return self

    def __exit__(self, *_):
        F.dropout = self.dropout

    def __call__(self, x, p=0.5, training=True, inplace=False):
        if not training or p == 0:
            return x
        self.drawn.append(torch.rand(x.shape) >= p if self.remaining is None else next(self.remaining))
        return x * self.drawn[-1] / (1 - p)


def gradients_of(net, images, trains):
    for module in net.modules():
        if isinstance(module, (nn.BatchNorm2d, nn.Dropout)):
            module.train(trains)
    net.zero_grad()
    loss_of(net, images).backward()
    return {key: value.grad.clone() for key, value in net.named_parameters()}


def write(folder, name):
    make, size, _ = NETWORKS[name]
    torch.manual_seed(1)
    net = make()
    parameters = parameters_of(net)
    check_parameters(name, net)
    vary(net)
    net.eval()
    count = 2 if size == 224 else 4
    images = torch.randn(count, 3, size, size)
    how = dict(input_names=["image"], output_names=["logits"], opset_version=17, dynamo=False)
    kept = dict(training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False)
    # A module that evaluates loses its dropout in the file.
    drops = [module.train() for module in net.modules() if isinstance(module, nn.Dropout)]
    torch.onnx.export(net, images[:1], folder / f"{name}.onnx", **how, **kept)
    for module in drops:
        module.eval()
    torch.onnx.export(net, images[:1], folder / f"{name}-folded.onnx", **how)
    offset, numbers = 0, open(folder / f"{name}.f32", "wb")

    def put(tensor):
        nonlocal offset
        tensor.detach().contiguous().numpy().astype("<f4").tofile(numbers)
        offset += tensor.numel()
        return [offset - tensor.numel(), offset]

    facts = {"size": size, "parameters": parameters, "images": put(images.permute(0, 2, 3, 1)), "scores": put(net(images))}
    # In training BatchNorm normalises by the batch, and dropout drops.
    states = {"evaluating": False, "training": True}
    begun = {key: value.detach().clone() for key, value in net.state_dict().items()}
    for state, trains in states.items():
        with Masks() as masks:
            gradients = gradients_of(net, images, trains)
        norm = math.sqrt(sum(float(gradient.square().sum()) for gradient in gradients.values()))
        facts[state] = {"norm": norm, "gradients": {key: put(value) for key, value in gradients.items()}}
        if not trains:
            kept = gradients
        facts["statistics"] = {key: put(value) for key, value in net.named_buffers() if "running" in key}
    net.load_state_dict(begun)
    facts["masks"] = [put(mask.float()) for mask in masks.drawn]
    facts["training"]["noise"] = 0
    if facts["statistics"] or masks.drawn:
        with Masks(masks.drawn):
            exact = gradients_of(net.double(), images.double(), True)
        apart = [float((gradients[key] - value).abs().max()) for key, value in exact.items()]
        facts["training"]["noise"] = max(apart) / norm
        net.float()
    rates = {"sgd": partial(torch.optim.SGD, lr=0.01), "adam": partial(torch.optim.Adam, lr=0.001)}
    # A step is the same for every number: VGG's first dense layer alone would take 800 MB.
    stepped = {key: value for key, value in net.named_parameters() if value.numel() < 50_000_000}
    for kind, optimizer in rates.items():
        net.load_state_dict(begun)
        for key, value in stepped.items():
            value.grad = kept[key]
        optimizer(stepped.values()).step()
        facts[kind] = {key: put(value) for key, value in stepped.items()}
    net.load_state_dict(begun)
    norm_before_attention = LAST_NORMS.get(name)
    if norm_before_attention:
        maps = attention_maps(net.eval().double(), images.double(), norm_before_attention)
        facts["maps"] = {method: put(values) for method, values in maps.items()}
    numbers.close()
    (folder / f"{name}.json").write_text(json.dumps(facts))


# What the last attention of a transformer reads.
LAST_NORMS = {
    "vit_b_16": "encoder.layers.encoder_layer_11.ln_1",
    "deit_tiny": "blocks.11.norm1",
    "vit_small": "blocks.11.norm1",
}


def attention_maps(net, images, norm_before_attention):
    """Maps of the classes 0, 1, 0 and so on by three methods, a value for each patch. All attention is written out."""
    weights, normed = [], []

    def attention(q, k, v, *_, **__):
        weights.append((q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])).softmax(-1))
        weights[-1].retain_grad()
        return weights[-1] @ v

    def keep(_, __, output):
        output.retain_grad()
        normed.append(output)

    hook = net.get_submodule(norm_before_attention).register_forward_hook(keep)
    fused, F.scaled_dot_product_attention = F.scaled_dot_product_attention, attention
    scores = net(images)
    F.scaled_dot_product_attention = fused
    hook.remove()
    sum(scores[i, i % 2] for i in range(len(images))).backward()
    eye = torch.eye(weights[0].shape[-1], dtype=images.dtype)
    rollout, weighted = eye, eye
    for each in weights:
        # Abnar and Zuidema 2020; Chefer, Gur and Wolf 2021, equations 5 and 6.
        rollout = (each.mean(1) + eye) / 2 @ rollout
        weighted = (eye + (each.grad * each).clamp(min=0).mean(1)) @ weighted
    values, gradients = normed[0][:, 1:], normed[0].grad[:, 1:]
    cam = (values * gradients.mean(1, keepdim=True)).sum(-1).clamp(min=0)
    return {"attention-rollout": rollout[:, 0, 1:], "gradient-attention": weighted[:, 0, 1:], "grad-cam": cam}


def spread(net, images):
    """Random weights that keep every layer's outputs apart, with statistics of the images."""
    for name, parameter in net.named_parameters():
        if name.endswith("layer_scale"):
            nn.init.uniform_(parameter, 0.1, 0.5)
        elif parameter.dim() > 1 and not name.endswith(("cls_token", "pos_embed")):
            nn.init.kaiming_normal_(parameter, nonlinearity="relu")
        elif parameter.dim() == 1:
            nn.init.normal_(parameter, 1 if name.endswith("weight") else 0, 0.1)
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = None
    with torch.no_grad():
        net.train()(images)
    return net.eval()


def write_weights(folder, name, size):
    make, _, published = NETWORKS[name]
    check_parameters(name, make())
    # With 1, a unit of Inception V3 is so near to 0 that rounding decides whether a gradient passes it.
    torch.manual_seed(2)
    # A state dict is of the network alone: what transforms the images is no part of it.
    options = {"vit_small": {"size": size}, "inception_v3": {"transforms": False}}
    net = make(**options.get(name, {}))
    spread(net, torch.randn(24, 3, size, size))
    torch.save(net.state_dict(), folder / f"{name}.pth")
    # The truth: in 32 bits PyTorch differs from itself by up to a thousandth of the gradient's norm.
    net.double()
    images = torch.randn(2, 3, size, size)
    logits = net(images.double())
    logits.pow(2).sum().backward()
    facts = {
        "parameters": published,
        "images": images.permute(0, 2, 3, 1).flatten().tolist(),
        "logits": logits.flatten().tolist(),
        "norms": {key: parameter.grad.norm().item() for key, parameter in net.named_parameters()},
    }
    (folder / f"{name}.json").write_text(json.dumps(facts))


if __name__ == "__main__":
    if sys.argv[1] == "--weights":
        torch.set_num_threads(1)
        write_weights(Path(sys.argv[3]), sys.argv[4], int(sys.argv[2]))
    else:
        torch.set_num_threads(2)
        for name in sys.argv[2:]:
            write(Path(sys.argv[1]), name)
