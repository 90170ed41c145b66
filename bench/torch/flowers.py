#!/usr/bin/python3
"""ResNet-18 from scratch on an image folder: the reference that `train classify` is measured against.

    /usr/bin/python3 bench/torch/flowers.py ../shared/data/flowers --seed 0 --log flowers-0.jsonl

The defaults are the recipe; every option states the reason for its default. The log gets one JSON object per epoch
and holds the whole configuration in its first line.
"""

import argparse
import json
import math
import time
from pathlib import Path

import torch
import torchvision
from PIL import Image
from torch import nn
from torch.nn import functional as F
from torchvision.transforms import functional as TF
from torchvision.transforms import RandomResizedCrop

# ImageNet's statistics, in RGB / 255: the values every published ResNet is fed with.
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    option = parser.add_argument
    option("data", type=Path, help="folder with train/<class>/*.jpg and val/<class>/*.jpg")
    option("--log", type=Path, default=Path("flowers.jsonl"), help="one JSON object per epoch")
    option("--seed", type=int, default=0, help="draws weights, order and augmentation")
    option("--size", type=int, default=64, help="input height and width, a multiple of 32")
    option("--epochs", type=int, default=20, help="length of the cosine")
    option("--batch", type=int, default=64, help="small enough for 50 steps an epoch on a few thousand images")
    option("--lr", type=float, default=0.05, help="peak; 0.1 per 128 images, scaled linearly (Goyal et al. 2017)")
    option("--warmup", type=float, default=1, help="epochs of linear warm-up: early gradients are wild")
    option("--momentum", type=float, default=0.9, help="Nesterov's, as torch writes it")
    option("--weight-decay", type=float, default=5e-4, help="on kernels only: norms and biases have no scale to shrink")
    option("--smoothing", type=float, default=0.1, help="label smoothing: keeps small sets from over-confidence")
    option("--crop-scale", type=float, default=0.35, help="smallest share of the area that a training crop keeps")
    option("--threads", type=int, default=1, help="so that two runs share a small machine")
    return parser.parse_args()


def load(folder):
    """Every image of folder/<class>/ as RGB, in memory; labels count the classes in alphabetical order."""
    classes = sorted(path.name for path in folder.iterdir() if path.is_dir())
    files = [(path, label) for label, name in enumerate(classes) for path in sorted((folder / name).iterdir())]
    images = [Image.open(path).convert("RGB") for path, _ in files]
    return images, torch.tensor([label for _, label in files]), classes


def normalise(image):
    """PIL -> [3, h, w] float32."""
    return TF.normalize(TF.to_tensor(image), MEAN, STD)


def augment(image, crop):
    """A random part of the image at the input size, mirrored half of the time."""
    image = crop(image)
    return normalise(TF.hflip(image) if torch.rand(()) < 0.5 else image)


def learning_rate(step, per_epoch, o):
    """Linear warm-up from lr / steps, then half a cosine to 0 (SGDR, arXiv:1608.03983, eq. 5), per step."""
    warm, total = round(o.warmup * per_epoch), o.epochs * per_epoch
    if step < warm:
        return o.lr * (step + 1) / warm
    return o.lr * 0.5 * (1 + math.cos(math.pi * (step - warm) / (total - warm)))


def parameter_groups(model, weight_decay):
    """Weight decay for kernels ([out, in, ...]), none for vectors: norms' scales and shifts, and biases."""
    parameters = list(model.parameters())
    return [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": weight_decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0},
    ]


def train_epoch(model, optimiser, data, epoch, o):
    """One pass in random order, the last partial batch left out; returns the mean loss."""
    images, labels = data
    model.train()
    # PIL's bilinear filter widens with the reduction, so it is antialiased by itself.
    crop = RandomResizedCrop(o.size, scale=(o.crop_scale, 1), ratio=(3 / 4, 4 / 3))
    order, per_epoch, total = torch.randperm(len(images)), len(images) // o.batch, 0.0
    for step in range(per_epoch):
        picked = order[step * o.batch : (step + 1) * o.batch]
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(epoch * per_epoch + step, per_epoch, o)
        batch = torch.stack([augment(images[i], crop) for i in picked])  # [n, 3, size, size]
        loss = F.cross_entropy(model(batch), labels[picked], label_smoothing=o.smoothing)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        total += loss.item()
    return total / per_epoch


@torch.no_grad()
def validate(model, batches):
    """(mean cross-entropy without smoothing, top-1 accuracy) over prepared (images, labels) batches."""
    model.eval()
    loss = hits = count = 0
    for images, labels in batches:
        logits = model(images)  # [n, k]
        loss += F.cross_entropy(logits, labels, reduction="sum").item()
        hits += (logits.argmax(1) == labels).sum().item()
        count += len(labels)
    return loss / count, hits / count


def main():
    o = options()
    torch.set_num_threads(o.threads)
    torch.manual_seed(o.seed)
    images, labels, classes = load(o.data / "train")
    val_images, val_labels, _ = load(o.data / "val")
    whole = torch.stack([normalise(TF.resize(image, [o.size, o.size])) for image in val_images])
    val_batches = list(zip(whole.split(128), val_labels.split(128)))

    model = torchvision.models.resnet18(num_classes=len(classes))
    groups = parameter_groups(model, o.weight_decay)
    optimiser = torch.optim.SGD(groups, lr=o.lr, momentum=o.momentum, nesterov=True)
    o.log.parent.mkdir(parents=True, exist_ok=True)
    with o.log.open("w", buffering=1) as log:
        config = {name: str(value) if isinstance(value, Path) else value for name, value in vars(o).items()}
        counts = {"train": len(images), "val": len(val_images)}
        log.write(json.dumps({"config": config, **counts, "classes": classes}) + "\n")
        for epoch in range(o.epochs):
            start = time.time()
            train_loss = train_epoch(model, optimiser, (images, labels), epoch, o)
            val_loss, top1 = validate(model, val_batches)
            row = {"epoch": epoch + 1, "train_loss": train_loss, "val_loss": val_loss, "val_top1": top1}
            row["seconds"] = time.time() - start
            log.write(json.dumps({name: round(value, 4) for name, value in row.items()}) + "\n")


if __name__ == "__main__":
    main()
