"""Networks of torchvision and timm, written anew with their names of weights: torch-networks.py FOLDER NAME SIZE.

Writes NAME.pth (random weights, moving statistics included), and NAME.json with images and logits.
Debian: python3-torch.
"""
import json
import sys
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

torch.set_num_threads(1)


def conv_bn(inputs, outputs, kernel, stride, act, groups=1):
    padding = (kernel - 1) // 2
    layers = [nn.Conv2d(inputs, outputs, kernel, stride, padding, groups=groups, bias=False), nn.BatchNorm2d(outputs)]
    return nn.Sequential(*layers, act()) if act else nn.Sequential(*layers)


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
    def __init__(self, classes):
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
        self.fc = nn.Linear(2048, classes)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(x.mean((2, 3)))


class Inverted(nn.Module):
    def __init__(self, inputs, outputs, stride, expansion):
        super().__init__()
        inner = inputs * expansion
        layers = [] if expansion == 1 else [conv_bn(inputs, inner, 1, 1, nn.ReLU6)]
        layers += [conv_bn(inner, inner, 3, stride, nn.ReLU6, inner), nn.Conv2d(inner, outputs, 1, bias=False), nn.BatchNorm2d(outputs)]
        self.conv = nn.Sequential(*layers)
        self.adds = stride == 1 and inputs == outputs

    def forward(self, x):
        return x + self.conv(x) if self.adds else self.conv(x)


class MobileNetV2(nn.Module):
    def __init__(self, classes):
        super().__init__()
        layers = [conv_bn(3, 32, 3, 2, nn.ReLU6)]
        inputs = 32
        for t, c, n, s in [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]:
            for i in range(n):
                layers.append(Inverted(inputs, c, s if i == 0 else 1, t))
                inputs = c
        self.features = nn.Sequential(*layers, conv_bn(320, 1280, 1, 1, nn.ReLU6))
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(1280, classes))

    def forward(self, x):
        return self.classifier(self.features(x).mean((2, 3)))


class Excitation(nn.Module):
    def __init__(self, channels, squeezed):
        super().__init__()
        self.fc1 = nn.Conv2d(channels, squeezed, 1)
        self.fc2 = nn.Conv2d(squeezed, channels, 1)

    def forward(self, x):
        return x * torch.sigmoid(self.fc2(F.silu(self.fc1(x.mean((2, 3), keepdim=True)))))


class MBConv(nn.Module):
    def __init__(self, inputs, outputs, kernel, stride, expansion):
        super().__init__()
        inner = inputs * expansion
        layers = [] if expansion == 1 else [conv_bn(inputs, inner, 1, 1, nn.SiLU)]
        layers += [conv_bn(inner, inner, kernel, stride, nn.SiLU, inner), Excitation(inner, max(1, inputs // 4)), conv_bn(inner, outputs, 1, 1, None)]
        self.block = nn.Sequential(*layers)
        self.adds = stride == 1 and inputs == outputs

    def forward(self, x):
        return x + self.block(x) if self.adds else self.block(x)


class EfficientNetB0(nn.Module):
    def __init__(self, classes):
        super().__init__()
        stages = [conv_bn(3, 32, 3, 2, nn.SiLU)]
        inputs = 32
        for t, k, s, c, n in [(1, 3, 1, 16, 1), (6, 3, 2, 24, 2), (6, 5, 2, 40, 2), (6, 3, 2, 80, 3), (6, 5, 1, 112, 3), (6, 5, 2, 192, 4), (6, 3, 1, 320, 1)]:
            layers = []
            for i in range(n):
                layers.append(MBConv(inputs, c, k, s if i == 0 else 1, t))
                inputs = c
            stages.append(nn.Sequential(*layers))
        self.features = nn.Sequential(*stages, conv_bn(320, 1280, 1, 1, nn.SiLU))
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(1280, classes))

    def forward(self, x):
        return self.classifier(self.features(x).mean((2, 3)))


class ChannelNorm(nn.LayerNorm):
    def forward(self, x):
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class Order(nn.Module):
    def __init__(self, *order):
        super().__init__()
        self.order = order

    def forward(self, x):
        return x.permute(self.order)


class ConvNeXtBlock(nn.Module):
    def __init__(self, width):
        super().__init__()
        depthwise = nn.Conv2d(width, width, 7, padding=3, groups=width)
        dense = [nn.LayerNorm(width, 1e-6), nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)]
        self.block = nn.Sequential(depthwise, Order(0, 2, 3, 1), *dense, Order(0, 3, 1, 2))
        self.layer_scale = nn.Parameter(torch.full((width, 1, 1), 1e-6))

    def forward(self, x):
        return x + self.layer_scale * self.block(x)


class ConvNeXtTiny(nn.Module):
    def __init__(self, classes):
        super().__init__()
        stages = [nn.Sequential(nn.Conv2d(3, 96, 4, 4), ChannelNorm(96, 1e-6))]
        for i, (width, depth) in enumerate([(96, 3), (192, 3), (384, 9), (768, 3)]):
            if i > 0:
                stages.append(nn.Sequential(ChannelNorm(width // 2, 1e-6), nn.Conv2d(width // 2, width, 2, 2)))
            stages.append(nn.Sequential(*(ConvNeXtBlock(width) for _ in range(depth))))
        self.features = nn.Sequential(*stages)
        self.classifier = nn.Sequential(ChannelNorm(768, 1e-6), nn.Flatten(1), nn.Linear(768, classes))

    def forward(self, x):
        return self.classifier(self.features(x).mean((2, 3), keepdim=True))


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, x):
        b, n, c = x.shape
        q, k, v = self.qkv(x).reshape(b, n, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v)
        return self.proj(y.transpose(1, 2).reshape(b, n, c))


class Mlp(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.fc1 = nn.Linear(width, 4 * width)
        self.fc2 = nn.Linear(4 * width, width)

    def forward(self, x):
        return self.fc2(F.gelu(self.fc1(x)))


class ViTBlock(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(width, 1e-6)
        self.attn = Attention(width, heads)
        self.norm2 = nn.LayerNorm(width, 1e-6)
        self.mlp = Mlp(width)

    def forward(self, x):
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class Patches(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.proj = nn.Conv2d(3, width, 16, 16)

    def forward(self, x):
        return self.proj(x).flatten(2).transpose(1, 2)


class ViTSmall(nn.Module):
    def __init__(self, classes, size):
        super().__init__()
        width = 384
        self.cls_token = nn.Parameter(torch.randn(1, 1, width))
        self.pos_embed = nn.Parameter(torch.randn(1, (size // 16) ** 2 + 1, width))
        self.patch_embed = Patches(width)
        self.blocks = nn.Sequential(*(ViTBlock(width, 6) for _ in range(12)))
        self.norm = nn.LayerNorm(width, 1e-6)
        self.head = nn.Linear(width, classes)

    def forward(self, x):
        x = self.patch_embed(x)
        x = torch.cat([self.cls_token.expand(len(x), -1, -1), x], 1) + self.pos_embed
        return self.head(self.norm(self.blocks(x))[:, 0])


class BasicConv(nn.Module):
    def __init__(self, inputs, outputs, kernel, stride=1, padding=0):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=False)
        self.bn = nn.BatchNorm2d(outputs, 1e-3)
        self.outputs = outputs

    def forward(self, x):
        return F.relu(self.bn(self.conv(x)))


def same(kernel):
    return tuple((k - 1) // 2 for k in kernel) if isinstance(kernel, tuple) else (kernel - 1) // 2


class Mixed(nn.Module):
    """Branches of convolutions; a stride leaves the border out. `pool` is the filters after a mean, or a maximum."""

    def __init__(self, inputs, branches, pool=None):
        super().__init__()
        self.branches = []
        self.pool = pool
        self.outputs = inputs if pool is None else pool
        for name, layers in branches:
            width = inputs
            names = []
            for i, (outputs, kernel, stride) in enumerate(layers):
                full = name if len(layers) == 1 and name in ("branch1x1", "branch3x3") else f"{name}_{i + 1}"
                setattr(self, full, BasicConv(width, outputs, kernel, stride, 0 if stride > 1 else same(kernel)))
                names.append(full)
                width = outputs
            self.branches.append(names)
            self.outputs += width
        if pool is not None:
            self.branch_pool = BasicConv(inputs, pool, 1)

    def forward(self, x):
        outputs = []
        for names in self.branches:
            y = x
            for name in names:
                y = getattr(self, name)(y)
            outputs.append(y)
        outputs.append(F.max_pool2d(x, 3, 2) if self.pool is None else self.branch_pool(F.avg_pool2d(x, 3, 1, 1)))
        return torch.cat(outputs, 1)


class MixedE(nn.Module):
    def __init__(self, inputs):
        super().__init__()
        self.branch1x1 = BasicConv(inputs, 320, 1)
        self.branch3x3_1 = BasicConv(inputs, 384, 1)
        self.branch3x3_2a = BasicConv(384, 384, (1, 3), 1, (0, 1))
        self.branch3x3_2b = BasicConv(384, 384, (3, 1), 1, (1, 0))
        self.branch3x3dbl_1 = BasicConv(inputs, 448, 1)
        self.branch3x3dbl_2 = BasicConv(448, 384, 3, 1, 1)
        self.branch3x3dbl_3a = BasicConv(384, 384, (1, 3), 1, (0, 1))
        self.branch3x3dbl_3b = BasicConv(384, 384, (3, 1), 1, (1, 0))
        self.branch_pool = BasicConv(inputs, 192, 1)
        self.outputs = 2048

    def forward(self, x):
        one = self.branch3x3_1(x)
        two = self.branch3x3dbl_2(self.branch3x3dbl_1(x))
        first = [self.branch1x1(x), self.branch3x3_2a(one), self.branch3x3_2b(one)]
        last = [self.branch3x3dbl_3a(two), self.branch3x3dbl_3b(two), self.branch_pool(F.avg_pool2d(x, 3, 1, 1))]
        return torch.cat(first + last, 1)


def mixed_c(inner):
    wide, high = (1, 7), (7, 1)
    double = [(inner, 1, 1), (inner, high, 1), (inner, wide, 1), (inner, high, 1), (192, wide, 1)]
    return [("branch1x1", [(192, 1, 1)]), ("branch7x7", [(inner, 1, 1), (inner, wide, 1), (192, high, 1)]), ("branch7x7dbl", double)]


class InceptionV3(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.Conv2d_1a_3x3 = BasicConv(3, 32, 3, 2)
        self.Conv2d_2a_3x3 = BasicConv(32, 32, 3)
        self.Conv2d_2b_3x3 = BasicConv(32, 64, 3, 1, 1)
        self.Conv2d_3b_1x1 = BasicConv(64, 80, 1)
        self.Conv2d_4a_3x3 = BasicConv(80, 192, 3)
        inputs = 192
        double = ("branch3x3dbl", [(64, 1, 1), (96, 3, 1), (96, 3, 1)])
        for letter, pool in zip("bcd", [32, 64, 64]):
            branches = [("branch1x1", [(64, 1, 1)]), ("branch5x5", [(48, 1, 1), (64, 5, 1)]), double]
            setattr(self, f"Mixed_5{letter}", Mixed(inputs, branches, pool))
            inputs = getattr(self, f"Mixed_5{letter}").outputs
        self.Mixed_6a = Mixed(inputs, [("branch3x3", [(384, 3, 2)]), ("branch3x3dbl", [(64, 1, 1), (96, 3, 1), (96, 3, 2)])])
        for letter, inner in zip("bcde", [128, 160, 160, 192]):
            setattr(self, f"Mixed_6{letter}", Mixed(768, mixed_c(inner), 192))
        seven = [(192, 1, 1), (192, (1, 7), 1), (192, (7, 1), 1), (192, 3, 2)]
        self.Mixed_7a = Mixed(768, [("branch3x3", [(192, 1, 1), (320, 3, 2)]), ("branch7x7x3", seven)])
        self.Mixed_7b = MixedE(1280)
        self.Mixed_7c = MixedE(2048)
        self.fc = nn.Linear(2048, classes)

    def forward(self, x):
        x = self.Conv2d_2b_3x3(self.Conv2d_2a_3x3(self.Conv2d_1a_3x3(x)))
        x = F.max_pool2d(x, 3, 2)
        x = F.max_pool2d(self.Conv2d_4a_3x3(self.Conv2d_3b_1x1(x)), 3, 2)
        for name in ["5b", "5c", "5d", "6a", "6b", "6c", "6d", "6e", "7a", "7b", "7c"]:
            x = getattr(self, f"Mixed_{name}")(x)
        return self.fc(x.mean((2, 3)))


networks = {
    "resnet-50": lambda classes, size: ResNet50(classes),
    "mobilenet-v2": lambda classes, size: MobileNetV2(classes),
    "efficientnet-b0": lambda classes, size: EfficientNetB0(classes),
    "convnext-tiny": lambda classes, size: ConvNeXtTiny(classes),
    "vit-small": ViTSmall,
    "inception-v3": lambda classes, size: InceptionV3(classes),
}


def varied(model, images):
    """Random weights that keep every layer's outputs apart, with statistics of the images."""
    for name, parameter in model.named_parameters():
        if name.endswith("layer_scale"):
            nn.init.uniform_(parameter, 0.1, 0.5)
        elif parameter.dim() > 1 and not name.endswith(("cls_token", "pos_embed")):
            nn.init.kaiming_normal_(parameter, nonlinearity="relu")
        elif parameter.dim() == 1:
            nn.init.normal_(parameter, 1 if name.endswith("weight") else 0, 0.1)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = None
    with torch.no_grad():
        model.train()(images)
    return model.eval()


def write(folder, name, size):
    torch.manual_seed(1)
    classes = 5
    model = networks[name](classes, size)
    varied(model, torch.randn(24, 3, size, size))
    torch.save(model.state_dict(), folder / f"{name}.pth")
    # The truth: in 32 bits PyTorch differs from itself by up to a thousandth of the gradient's norm.
    model.double()
    images = torch.randn(2, 3, size, size)
    logits = model(images.double())
    logits.pow(2).sum().backward()
    norms = {key: parameter.grad.norm().item() for key, parameter in model.named_parameters()}
    result = {
        "parameters": sum(p.numel() for p in networks[name](1000, 224).parameters()),
        "images": images.permute(0, 2, 3, 1).flatten().tolist(),
        "logits": logits.flatten().tolist(),
        "norms": norms,
    }
    (folder / f"{name}.json").write_text(json.dumps(result))


write(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
