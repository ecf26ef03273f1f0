"""Writes detectors of squares in the forms of YuNet and RetinaFace, and a landmark network:
python3 face-detectors.py FOLDER. The score of a place is how much of the 64 x 64 pixels around it is
red, by the channel that is red where colours come in the order blue, green, red."""
import math
import sys
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

folder = Path(sys.argv[1])
side = 320
face = 64
# Eyes, nose and corners of the mouth, from the centre of a square.
offsets = [(-16, -12), (16, -12), (0, 4), (-12, 20), (12, 20)]


def redness(images, stride, mean):
    red = (images[:, 2:3] + mean) / 255
    return F.avg_pool2d(red, face, stride, face // 2 - stride // 2)


class YuNet(nn.Module):
    def forward(self, images):
        outputs = {"cls": [], "obj": [], "bbox": [], "kps": []}
        for stride in (8, 16, 32):
            share = redness(images, stride, 0).reshape(1, -1, 1)
            whole = torch.ones_like(share)
            outputs["cls"].append(share)
            outputs["obj"].append(whole if stride == 8 else 0 * whole)
            size = math.log(face / stride)
            outputs["bbox"].append(torch.cat([whole * 0.5, whole * 0.5, whole * size, whole * size], 2))
            points = [whole * (0.5 + value / stride) for pair in offsets for value in pair]
            outputs["kps"].append(torch.cat(points, 2))
        return tuple(output for part in outputs.values() for output in part)


class RetinaFace(nn.Module):
    def __init__(self, probabilities):
        super().__init__()
        self.probabilities = probabilities

    def forward(self, images):
        rows = []
        for stride, sides in ((8, (16, 32)), (16, (64, 128)), (32, (256, 512))):
            share = redness(images, stride, 123).reshape(-1, 1)
            rows.append(torch.cat([share if one == face else 0 * share for one in sides], 1).reshape(-1))
        share = torch.cat(rows).clamp(1e-4, 1 - 1e-4)
        logits = torch.stack([torch.zeros_like(share), torch.log(share / (1 - share))], 1)
        classes = logits.softmax(1) if self.probabilities else logits
        nothing = 0 * share[:, None]
        points = [nothing + value / (0.1 * face) for pair in offsets for value in pair]
        return torch.cat([nothing] * 4, 1)[None], classes[None], torch.cat(points, 1)[None]


class Landmarks(nn.Module):
    def forward(self, images):
        share = torch.arange(68) / 67
        points = torch.stack([share, 1 - share], 1)
        # Eyes and a mouth, so that the points fit a face; the first and the last stay where they are.
        points[36:42] = torch.tensor([0.35, 0.4])
        points[42:48] = torch.tensor([0.65, 0.4])
        points[48:67] = torch.tensor([0.5, 0.7])
        return points.reshape(1, 136) + 0 * images.mean()


def write(name, network, outputs, length=side):
    images = torch.zeros(1, 3, length, length)
    path = folder / f"{name}.onnx"
    torch.onnx.export(network, images, path, input_names=["input"], output_names=outputs, opset_version=13)


names = [f"{part}_{stride}" for part in ("cls", "obj", "bbox", "kps") for stride in (8, 16, 32)]
write("yunet", YuNet(), names)
write("retinaface", RetinaFace(True), ["loc", "conf", "landms"])
write("retinaface-logits", RetinaFace(False), ["boxes", "classes", "points"])
write("landmarks", Landmarks(), ["output"], 112)
