#!/usr/bin/python3
"""The recipe of `train classify` in PyTorch: the twin that trained networks are compared with.

    /usr/bin/python3 bench/torch/classify.py ../shared/data/cifar10 --net cifar-resnet20 --epochs 30
    /usr/bin/python3 bench/torch/classify.py ../shared/data/flowers --log flowers.jsonl

Images are a folder with train/<class>/ and val/<class>/, or CIFAR-10 in its binary layout. Every option defaults to what
`train classify` does; the log gets one JSON object per epoch and holds the whole configuration in its first line.
"""

import argparse
import json
import sys
import time
from pathlib import Path

import torch
from PIL import Image
from torch import nn
from torch.nn import functional as F
from torch.optim.lr_scheduler import OneCycleLR
from torchvision import transforms

sys.path.append(str(Path(__file__).parents[2] / "test" / "goldens"))
import networks  # noqa: E402

# ImageNet's statistics, in RGB / 255: the values every published ResNet is fed with.
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
SMALL = 64  # px up to which images are small: shifted instead of cropped, in larger batches


def options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    option = parser.add_argument
    option("data", type=Path, help="folder of images in classes, or of CIFAR-10's binary files")
    option("--net", default="resnet18", help="resnet18 and its kin, or cifar-resnet20 and its kin")
    option("--log", type=Path, help="where to write one JSON object per epoch; they are printed too")
    option("--seed", type=int, default=0, help="draws weights, order and augmentation")
    option("--epochs", type=int, default=20)
    option("--batch", type=int, help="128 of small images, 64 of others")
    option("--lr", type=float, help="peak of the cycle; 0.1 per 64 images, scaled linearly (Goyal et al. 2017)")
    option("--muon", type=float, help="peak rate of Muon for convolutions' kernels; SGD keeps the rest")
    option("--threads", type=int, default=2)
    return parser.parse_args()


def folder(path):
    """Every image of path/<class>/ as RGB, in memory; labels count the classes in alphabetical order."""
    classes = sorted(each.name for each in path.iterdir() if each.is_dir())
    files = [(file, label) for label, name in enumerate(classes) for file in sorted((path / name).iterdir())]
    return [Image.open(file).convert("RGB") for file, _ in files], torch.tensor([label for _, label in files])


def cifar(files):
    """Records of a label and 32 rows of red, of green and of blue."""
    records = torch.cat([torch.frombuffer(bytearray(file.read_bytes()), dtype=torch.uint8) for file in files])
    records = records.reshape(-1, 1 + 3 * 32 * 32)
    pictures = records[:, 1:].reshape(-1, 3, 32, 32)
    return [transforms.functional.to_pil_image(each) for each in pictures], records[:, 0].long()


def load(path):
    """(images, labels) to train on, and to judge by."""
    if (path / "test_batch.bin").exists():
        return cifar(sorted(path.glob("data_batch_*.bin"))), cifar([path / "test_batch.bin"])
    return folder(path / "train"), folder(path / "val")


def network(name, classes):
    """Convolutions start as He et al. 2015 have it, by what comes out."""
    depth = int(name.split("resnet")[1])
    made = networks.Cifar(depth, classes, "B") if name.startswith("cifar-") else networks.imagenet(depth, classes)
    for module in made.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    return made


def views(size, small):
    """What a training image becomes, and one to be judged: PIL -> [3, size, size]."""
    normalise = [transforms.ToTensor(), transforms.Normalize(MEAN, STD)]
    flip = transforms.RandomHorizontalFlip()
    if small:
        return transforms.Compose([*normalise, transforms.RandomCrop(size, 4), flip]), transforms.Compose(normalise)
    crop = transforms.RandomResizedCrop(size, scale=(0.35, 1))
    return transforms.Compose([crop, flip, *normalise]), transforms.Compose([transforms.Resize((size, size)), *normalise])


def parameter_groups(model, weight_decay):
    """Weight decay for kernels ([out, in, ...]), none for vectors: norms' scales and shifts, and biases."""
    parameters = list(model.parameters())
    return [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": weight_decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0},
    ]


class Muon(torch.optim.Optimizer):
    """Momentum, and then the nearest matrix whose singular values are all alike: Jordan et al. 2024, https://kellerjordan.github.io/posts/muon/"""

    def __init__(self, parameters, lr, momentum=0.95, weight_decay=0.0):
        super().__init__(parameters, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                moved = self.state[p].setdefault("momentum", torch.zeros_like(p))
                moved.mul_(group["momentum"]).add_(p.grad)
                matrix = p.grad.add(moved, alpha=group["momentum"]).flatten(1)  # [out, in k k]
                p.mul_(1 - group["lr"] * group["weight_decay"])
                scale = max(1, matrix.shape[0] / matrix.shape[1]) ** 0.5
                p.add_(orthogonal(matrix).reshape(p.shape), alpha=-group["lr"] * scale)


def orthogonal(matrix, rounds=5):
    """Newton-Schulz iterations by the quintic that brings singular values close to 1, with the coefficients of the same source."""
    tall = matrix.shape[0] > matrix.shape[1]
    x = matrix.T if tall else matrix
    x = x / (x.norm() + 1e-7)
    for _ in range(rounds):
        a = x @ x.T
        x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
    return x.T if tall else x


def optimisers(model, rate, muon, weight_decay=5e-4):
    """Each with its peak rate."""
    if muon is None:
        return [(torch.optim.SGD(parameter_groups(model, weight_decay), lr=rate, momentum=0.9, nesterov=True), rate)]
    kernels = [p for p in model.parameters() if p.ndim == 4]
    rest = [
        {**group, "params": [p for p in group["params"] if p.ndim != 4]} for group in parameter_groups(model, weight_decay)
    ]
    # decoupled decay pulls by rate times decay, as SGD's does
    decay = weight_decay * rate / muon
    return [
        (torch.optim.SGD(rest, lr=rate, momentum=0.9, nesterov=True), rate),
        (Muon(kernels, lr=muon, weight_decay=decay), muon),
    ]


def train_epoch(model, steppers, data, view, batch):
    """One pass in random order, the last partial batch left out; returns the mean loss."""
    images, labels = data
    model.train()
    order, steps, total = torch.randperm(len(images)), len(images) // batch, 0.0
    for picked in order[: steps * batch].split(batch):
        x = torch.stack([view(images[i]) for i in picked])  # [n, 3, size, size]
        loss = F.cross_entropy(model(x), labels[picked], label_smoothing=0.1)
        model.zero_grad()
        loss.backward()
        for each in steppers:
            each.step()
        total += loss.item()
    return total / steps


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
    (images, labels), (val_images, val_labels) = load(o.data)
    side = max(images[0].size)
    small = side <= SMALL
    batch = o.batch or (128 if small else 64)
    rate = o.lr or 0.1 * batch / 64
    training_view, whole = views(side if small else SMALL, small)
    judged = torch.stack([whole(image) for image in val_images])
    val_batches = list(zip(judged.split(128), val_labels.split(128)))

    model = network(o.net, int(labels.max()) + 1)
    steps = o.epochs * (len(images) // batch)
    pairs = optimisers(model, rate, o.muon)
    schedules = [OneCycleLR(optimizer, peak, total_steps=steps, cycle_momentum=False) for optimizer, peak in pairs]
    steppers = [optimizer for optimizer, _ in pairs] + schedules
    log = o.log.open("w", buffering=1) if o.log else None

    def note(row):
        print(json.dumps(row), file=log) if log else None
        print(json.dumps(row), flush=True)

    config = {name: str(value) if isinstance(value, Path) else value for name, value in vars(o).items()}
    note({"config": {**config, "batch": batch, "lr": rate}, "train": len(images), "val": len(val_images)})
    for epoch in range(o.epochs):
        start = time.time()
        train_loss = train_epoch(model, steppers, (images, labels), training_view, batch)
        val_loss, top1 = validate(model, val_batches)
        row = {"epoch": epoch + 1, "train_loss": train_loss, "val_loss": val_loss, "val_top1": top1}
        note({name: round(value, 4) for name, value in {**row, "seconds": time.time() - start}.items()})


if __name__ == "__main__":
    main()
