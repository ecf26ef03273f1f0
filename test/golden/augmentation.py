"""Golden values for src/learning/vision/augment from torchvision and Pillow: python3 augmentation.py > augmentation.json (made with 0.21.0, 11.1.0).

The image is rows of RGB, [height, width, 3], 0 to 255. Colours, blur and scaling are those of torchvision for images of
floats, so that nothing is rounded in between; the numbers are of 255, too.
"""

import io
import json

import numpy as np
import torch
from PIL import Image
from torchvision.transforms import functional as F

HEIGHT, WIDTH = 12, 16


def picture(seed):
    """4 x 4 random colours, enlarged, under a ramp."""
    state, values = seed, []
    for _ in range(4 * 4 * 3):
        state = (1664525 * state + 1013904223) % 2**32
        values.append(state >> 24)
    small = torch.tensor(values, dtype=torch.float64).reshape(4, 4, 3).permute(2, 0, 1)[None]
    large = torch.nn.functional.interpolate(small, (HEIGHT, WIDTH), mode="nearest")[0]
    ramp = torch.arange(HEIGHT * WIDTH, dtype=torch.float64).reshape(1, HEIGHT, WIDTH) % 16
    return (large + ramp).clamp(0, 255)


image = picture(5)
floats = (image / 255).float()
bytes_ = image.byte().permute(1, 2, 0).contiguous().numpy()


def listed(chw):
    return [round(float(value) * 255, 2) for value in chw.permute(1, 2, 0).ravel()]


def jpeg(quality):
    file = io.BytesIO()
    Image.fromarray(bytes_).save(file, "jpeg", quality=quality, subsampling="4:2:0")
    return np.asarray(Image.open(file)).ravel().tolist()


def downscale(factor):
    size = [round(HEIGHT * factor), round(WIDTH * factor)]
    small = F.resize(floats, size, antialias=True)
    return listed(F.resize(small, [HEIGHT, WIDTH], antialias=True))


print(
    json.dumps(
        {
            "width": WIDTH,
            "height": HEIGHT,
            "pixels": bytes_.ravel().tolist(),
            "brightness": {factor: listed(F.adjust_brightness(floats, factor)) for factor in (0.6, 1.7)},
            "contrast": {factor: listed(F.adjust_contrast(floats, factor)) for factor in (0.0, 1.7)},
            "saturation": {factor: listed(F.adjust_saturation(floats, factor)) for factor in (0.0, 1.7)},
            "hue": {turn: listed(F.adjust_hue(floats, turn)) for turn in (-0.5, -0.1, 0.23)},
            "blur": {
                sigma: listed(F.gaussian_blur(floats, 2 * int(np.ceil(3 * sigma)) + 1, sigma)) for sigma in (0.4, 2.0)
            },
            "downscale": {factor: downscale(factor) for factor in (0.25, 0.5)},
            "jpeg": {quality: jpeg(quality) for quality in (30, 90)},
        }
    )
)
