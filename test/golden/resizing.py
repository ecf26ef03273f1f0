"""Golden values for src/learning/vision/decode-image.ts from Pillow: python3 resizing.py > resizing.json (made with 11.1.0).

Images are rows of RGB, [height, width, 3], 0 to 255, in base64. Each image is resized by every kernel to a size that is larger
or smaller in both directions, and to one that is larger in one direction only. `cropped` are images as torchvision's
`Resize` and `CenterCrop` make them.
"""

import base64
import json

import numpy as np
from PIL import Image

from crop_middle import cropped

KERNELS = {
    "nearest": Image.Resampling.NEAREST,
    "linear": Image.Resampling.BILINEAR,
    "cubic": Image.Resampling.BICUBIC,
    "lanczos3": Image.Resampling.LANCZOS,
}
SIZES = [(30, 22), (26, 7), (7, 20), (9, 7)]


def picture(width, height):
    """Coarse colours under noise, so that every kernel rings and clips somewhere."""
    random = np.random.default_rng(5)
    coarse = Image.fromarray(random.integers(0, 256, (6, 8, 3), dtype=np.uint8))
    smooth = np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC)).astype(int)
    return Image.fromarray((smooth + random.integers(-20, 21, smooth.shape)).clip(0, 255).astype(np.uint8))


def encoded(image):
    return base64.b64encode(np.asarray(image).tobytes()).decode()


def transparent():
    """Every alpha, on random colours, and the same on white."""
    random = np.random.default_rng(7)
    rgba = random.integers(0, 256, (16, 16, 4), dtype=np.uint8)
    rgba[..., 3] = np.arange(256).reshape(16, 16)
    alpha = rgba[..., 3:].astype(np.float64) / 255
    white = np.floor(rgba[..., :3] * alpha + 255 * (1 - alpha) + 0.5).astype(np.uint8)
    return {"width": 16, "height": 16, "rgba": encoded(rgba), "onWhite": encoded(white)}


image = picture(15, 11)
print(
    json.dumps(
        {
            "width": image.width,
            "height": image.height,
            "pixels": encoded(image),
            "resized": [
                {"kernel": kernel, "width": size[0], "height": size[1], "pixels": encoded(image.resize(size, filter))}
                for kernel, filter in KERNELS.items()
                for size in SIZES
            ],
            "cropped": [
                {"kernel": kernel, "resize": resize, "crop": crop, "pixels": encoded(cropped(image, resize, crop, filter))}
                for kernel, filter in KERNELS.items()
                for resize, crop in [(8, 7), (9, 9), (21, 16), ([6, 14], 5)]
            ],
            "transparent": transparent(),
        }
    )
)
