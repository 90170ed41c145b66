#!/usr/bin/python3
"""Images made ready for training by torchvision and Pillow, on demand: the peer of bench/decode.ts.

    echo 3 | /usr/bin/python3 bench/torch/decode.py folder

Every line read is a number of rounds over all images; every line written is {"ms": [per round], "peakMemoryGB"}.
"""

import sys
from pathlib import Path

import torch
from PIL import Image
from torchvision import transforms

from step import serve

# what torchvision's reference script does to a training image
prepare = transforms.Compose(
    [
        transforms.RandomResizedCrop(224),
        transforms.RandomHorizontalFlip(),
        transforms.ToTensor(),
        transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    ]
)


def main():
    torch.set_num_threads(1)
    files = sorted(Path(sys.argv[1]).iterdir())
    serve(lambda: torch.stack([prepare(Image.open(file).convert("RGB")) for file in files]))


if __name__ == "__main__":
    main()
