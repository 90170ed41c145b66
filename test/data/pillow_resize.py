#!/usr/bin/python3
"""Makes pillow-resize.json: what Pillow makes of one small image, by filter, size and box, and torchvision of a box that is cut out first.

    /usr/bin/python3 test/data/pillow_resize.py > test/data/pillow-resize.json
"""

import base64
import json

import numpy as np
import PIL
import torchvision
from PIL import Image
from torchvision.transforms import functional

HEIGHT, WIDTH = 19, 23
FILTERS = {"bilinear": Image.BILINEAR, "bicubic": Image.BICUBIC, "nearest": Image.NEAREST}
# Target (height, width) and box (left, top, right, bottom): shrinking, growing, one axis only, edges between pixels.
CASES = [
    ((8, 8), (0, 0, WIDTH, HEIGHT)),
    ((32, 40), (0, 0, WIDTH, HEIGHT)),
    ((19, 11), (0, 0, WIDTH, HEIGHT)),
    ((7, 6), (3, 2, 20, 15)),
    ((12, 12), (2.5, 1.25, 18.75, 17.5)),
    ((30, 9), (4.2, 6.1, 9.3, 11.7)),
]
# Target and box of whole pixels, as RandomResizedCrop draws them.
CUTS = [((8, 8), (3, 2, 20, 15)), ((12, 16), (0, 4, 9, 10)), ((5, 5), (1, 0, 23, 19)), ((6, 9), (4, 4, 13, 10))]

i = np.arange(HEIGHT * WIDTH * 3)
image = Image.fromarray(((i * i * 31 + i * 7) % 256).astype(np.uint8).reshape(HEIGHT, WIDTH, 3))


def row(name, size, box):
    pixels = image.resize((size[1], size[0]), FILTERS[name], box=box).tobytes()
    return {"interpolation": name, "size": size, "box": box, "pixels": base64.b64encode(pixels).decode()}


def cut_row(name, size, box):
    left, top, right, bottom = box
    cropped = functional.resized_crop(image, top, left, bottom - top, right - left, size, FILTERS[name])
    return {"interpolation": name, "size": size, "box": box, "cut": True, "pixels": base64.b64encode(cropped.tobytes()).decode()}


rows = [row(name, size, box) for name in FILTERS for size, box in CASES]
rows += [cut_row(name, size, box) for name in FILTERS for size, box in CUTS]
versions = {"pillow": PIL.__version__, "torchvision": torchvision.__version__}
print(json.dumps({**versions, "height": HEIGHT, "width": WIDTH, "rows": rows}, indent=2))
