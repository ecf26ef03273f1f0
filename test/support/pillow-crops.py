"""Crops of JPEG files as Pillow resizes and torchvision crops them: pillow-crops.py folder '{"files": […], "ways": [[resize, crop], …]}'.

Writes `<file>-<Pillow's number of the filter>-<way>.rgb`, rows of RGB.
"""

import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image

sys.dont_write_bytecode = True
sys.path.append(str(Path(__file__).parent.parent / "golden"))
from crop_middle import cropped

folder = Path(sys.argv[1])
job = json.loads(sys.argv[2])
for i, file in enumerate(job["files"]):
    image = Image.open(file).convert("RGB")
    for kernel in range(4):
        for w, (resize, crop) in enumerate(job["ways"]):
            pixels = np.asarray(cropped(image, resize, crop, kernel))
            (folder / f"{i}-{kernel}-{w}.rgb").write_bytes(pixels.tobytes())
