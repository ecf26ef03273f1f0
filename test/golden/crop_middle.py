"""torchvision's `Resize` and `CenterCrop` of an image of Pillow, by the rules of `torchvision.transforms.functional`."""


def cropped(image, resize, crop, filter):
    """`resize` is the length of the shorter side, or [height, width]."""
    if isinstance(resize, int):
        short, long = sorted(image.size)
        length = int(resize * long / short)
        size = (resize, length) if image.width <= image.height else (length, resize)
    else:
        size = (resize[1], resize[0])
    resized = image.resize(size, filter)
    left = int(round((resized.width - crop) / 2.0))
    top = int(round((resized.height - crop) / 2.0))
    return resized.crop((left, top, left + crop, top + crop))
