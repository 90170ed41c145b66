#!/usr/bin/python3
"""Training steps in PyTorch, on demand: the peer of bench/step.ts.

    echo 10 | /usr/bin/python3 bench/torch/step.py resnet18 --size 64 --batch 64 --layout channels_last

Networks: torchvision's by name, cifar-resnet20 and its kin, transpose-resnet18 … (this project's mirrors), and
autoencoder-resnet18 … (torchvision's, unpooled, before its mirror). Every line read is a number of steps to take; every line
written is {"ms": [per step], "peakMemoryGB"}.
"""

import argparse
import json
import re
import resource
import sys
import time
from pathlib import Path

import torch
from torch import nn

sys.path.append(str(Path(__file__).parents[2] / "test" / "goldens"))
import networks  # noqa: E402

LATENT = 128


def autoencoder(depth, size):
    """ResNet whose last maps go to the latent vector in whole, and its mirror with pixels in 0 … 1."""
    encoder = networks.imagenet(depth, LATENT)
    channels = encoder.fc.in_features
    encoder.avgpool = nn.Identity()
    encoder.fc = nn.Linear(channels * (size // 32) ** 2, LATENT)
    return nn.Sequential(encoder, networks.Mirror(depth, LATENT, (size, size), upsample="deconv"), nn.Sigmoid())


def network(name, size):
    depth = int(re.search(r"\d+", name)[0])
    if name.startswith("transpose-"):
        return networks.Mirror(depth, LATENT, (size, size), upsample="deconv")
    if name.startswith("autoencoder-"):
        return autoencoder(depth, size)
    return networks.Cifar(depth, 10, "B") if name.startswith("cifar-") else networks.imagenet(depth, 1000)


layouts = {"contiguous": torch.contiguous_format, "channels_last": torch.channels_last}


def options(text, export=False):
    parser = argparse.ArgumentParser(description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("network")
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", choices=["cpu", "cuda", "mps"], default="cpu")
    parser.add_argument("--layout", choices=list(layouts), default="channels_last")
    if export:
        parser.add_argument("--export", help="ONNX file to write instead of running")
    return parser.parse_args()


def serve(work, device="cpu"):
    """Reads numbers of rounds, works, and writes what each round took, until the device is done."""
    wait = {"cpu": lambda: None, "cuda": torch.cuda.synchronize, "mps": lambda: torch.mps.synchronize()}[device]
    for line in sys.stdin:
        times = []
        for _ in range(int(line)):
            before = time.perf_counter()
            work()
            wait()
            times.append((time.perf_counter() - before) * 1000)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        print(json.dumps({"ms": times, "peakMemoryGB": memory}), flush=True)


def main():
    o = options(__doc__)
    torch.set_num_threads(o.threads)
    layout = layouts[o.layout]
    net = network(o.network, o.size).to(o.device, memory_format=layout).train()
    transposed = o.network.startswith("transpose-")
    pictures = transposed or o.network.startswith("autoencoder-")
    x = torch.randn(o.batch, LATENT) if transposed else torch.randn(o.batch, 3, o.size, o.size).to(memory_format=layout)
    target = torch.full((o.batch, 3, o.size, o.size), 0.5) if pictures else torch.arange(o.batch) % 10
    x, target = x.to(o.device), target.to(o.device)
    loss_of = nn.functional.mse_loss if pictures else nn.functional.cross_entropy
    optimizer = torch.optim.SGD(net.parameters(), 0.01, momentum=0.9, nesterov=True, weight_decay=5e-4)

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss_of(net(x), target).backward()
        optimizer.step()

    serve(step, o.device)


if __name__ == "__main__":
    main()
