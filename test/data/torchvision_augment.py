#!/usr/bin/python3
"""Makes torchvision-augment.json: what torchvision makes of small Pillow images, as digests of the pixels.

    /usr/bin/python3 test/data/torchvision_augment.py > test/data/torchvision-augment.json
    npx biome format --write test/data/torchvision-augment.json
"""

import hashlib
import json

import numpy as np
import PIL
import torch
import torchvision
from PIL import Image
from torchvision.transforms import InterpolationMode, RandAugment, RandomErasing, TrivialAugmentWide
from torchvision.transforms import functional as F
from torchvision.transforms.autoaugment import _apply_op

BINS = 31
# Height, width, and each channel's least value and range: flat channels, and sides too short for a 3 x 3 filter, are special.
IMAGES = {
    "colour": (20, 24, [(40, 180), (0, 256), (90, 90)]),
    "square": (16, 16, [(0, 256), (20, 100), (100, 1)]),
    "tiny": (2, 3, [(0, 256), (10, 200), (30, 60)]),
    "gray": (20, 24, [(25, 140)]),
}
# Side of a cube of colours: 52 values a channel, every fifth.
CUBE = 52
SPACES = {
    "randaugment": lambda size: RandAugment()._augmentation_space(BINS, size),
    "trivialaugment": lambda size: TrivialAugmentWide()._augmentation_space(BINS),
}
ADJUSTMENTS = {
    "brightness": (F.adjust_brightness, [0, 0.37, 1, 1.6, 2.75]),
    "contrast": (F.adjust_contrast, [0, 0.37, 1, 1.6, 2.75]),
    "saturation": (F.adjust_saturation, [0, 0.37, 1, 1.6, 2.75]),
    "hue": (F.adjust_hue, [-0.5, -0.21, -0.003, 0, 0.1, 0.34, 0.5]),
}
# Top, left, height, width, and what each channel is filled with.
ERASED = {
    "colour": (3, 5, 4, 9, [26, 128, 230]),
    "square": (0, 7, 16, 9, [0, 255, 1]),
    "tiny": (1, 0, 1, 2, [9, 8, 7]),
    "gray": (19, 23, 1, 1, [77]),
}
# Height and width of an image whose parts are drawn, and how many.
DRAWN, DRAWS = (60, 80), 40_000


def noise(height, width, channels):
    """Value i of [h, w, c] is the upper byte of i times the golden ratio, brought into its channel's range."""
    i = np.arange(height * width * len(channels), dtype=np.uint64)
    byte = (i * 0x9E3779B1 % 2**32) >> 24
    least, span = (np.resize(np.array(part, np.uint64), i.size) for part in zip(*channels))
    pixels = (least + (byte * span >> 8)).astype(np.uint8).reshape(height, width, len(channels))
    return Image.fromarray(pixels[..., 0] if len(channels) == 1 else pixels)


def cube():
    levels = 5 * np.arange(CUBE, dtype=np.uint8)
    colours = np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), -1)
    return Image.fromarray(colours.reshape(CUBE * CUBE, CUBE, 3))


def digest(images):
    return hashlib.sha256(b"".join(image.tobytes() for image in images)).hexdigest()[:16]


def magnitudes(values):
    """As short as single precision can be written."""
    return [float(str(value)) for value in np.atleast_1d(values.numpy())]


def signed(values, both):
    return [sign * value for value in values for sign in ([1, -1] if both else [1])]


def erased(image, top, left, height, width, fill):
    pixels = F.erase(F.pil_to_tensor(image), top, left, height, width, torch.tensor(fill, dtype=torch.uint8)[:, None, None])
    return F.to_pil_image(pixels)


def drawn_regions():
    """By quantity its deciles, each with the share of draws up to it: whole pixels come in steps."""
    torch.manual_seed(0)
    height, width = DRAWN
    image, usual = torch.zeros(1, height, width), RandomErasing()
    boxes = np.array([usual.get_params(image, usual.scale, usual.ratio, [0.0])[:4] for _ in range(DRAWS)])
    top, left, rows, columns = boxes.T
    quantities = {
        "share": rows * columns / (height * width),
        "ratio": rows / columns,
        "top": top / (height - rows),
        "left": left / (width - columns),
    }
    return {
        name: [[value, (of <= value).mean()] for value in np.quantile(of, np.arange(0.1, 1, 0.1), method="lower")]
        for name, of in quantities.items()
    }


images = {name: noise(*of) for name, of in IMAGES.items()}
spaces = {
    policy: {
        operation: {"signed": both, "magnitudes": magnitudes(values)}
        for operation, (values, both) in space(IMAGES["colour"][:2]).items()
    }
    for policy, space in SPACES.items()
}


def applied(image, operation, values):
    return digest(_apply_op(image, operation, value, InterpolationMode.NEAREST, None) for value in values)


# Every magnitude, with either sign.
operations = [
    {
        "image": name,
        "policy": policy,
        "operation": operation,
        "pixels": applied(image, operation, signed(row["magnitudes"], row["signed"])),
    }
    for name, image in images.items()
    for policy, space in spaces.items()
    for operation, row in space.items()
]
inverted = [{"image": name, "pixels": digest([F.invert(image)])} for name, image in images.items()]
adjustments = [
    {"image": name, "name": adjustment, "by": by, "pixels": digest([adjust(image, by)])}
    for name, image in {**images, "cube": cube()}.items()
    for adjustment, (adjust, amounts) in ADJUSTMENTS.items()
    for by in amounts
]
erasures = [
    {"image": name, "box": box, "fill": fill, "pixels": digest([erased(images[name], *box, fill)])}
    for name, (*box, fill) in ERASED.items()
]
versions = {"torchvision": torchvision.__version__, "pillow": PIL.__version__}
goldens = {
    "spaces": spaces,
    "operations": operations,
    "inverted": inverted,
    "adjustments": adjustments,
    "erasures": erasures,
    "regions": {"size": DRAWN, "draws": DRAWS, "deciles": drawn_regions()},
}
print(json.dumps({**versions, **goldens}))
